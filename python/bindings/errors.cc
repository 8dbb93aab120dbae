#include <algorithm>
#include <regex>

#include "bindings.h"
#include "headscope/error.h"

namespace headscope::python {
namespace {

// The class of headscope._errors that an error becomes: by what the user can do about it.
const char* class_of(const Error& error) {
  if (error.id().text().starts_with("HS-CAP")) return "Capability";
  switch (error.code()) {
    case ErrorCode::kUsage:
      return "Usage";
    case ErrorCode::kNotFound:
      return "NotFound";
    case ErrorCode::kBadInput:
      return "Input";
    default:
      return "HeadscopeError";
  }
}

// Options of the command line as arguments: "--max-tokens" → "max_tokens=".
std::string as_arguments(const std::string& text) {
  static const std::regex option("(^|[^-`A-Za-z0-9])--([a-z][a-z-]*)");
  std::string out;
  auto rest = text.cbegin();
  for (std::sregex_iterator found(text.begin(), text.end(), option), end; found != end; ++found) {
    std::string name = (*found)[2];
    std::replace(name.begin(), name.end(), '-', '_');
    out.append(rest, (*found)[0].first).append((*found)[1]).append(name).append("=");
    rest = (*found)[0].second;
  }
  return out.append(rest, text.cend());
}

void raise(const Error& error) {
  if (error.code() == ErrorCode::kInterrupted) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return;
  }
  const nb::object kind = nb::module_::import_("headscope._errors").attr(class_of(error));
  const nb::object value = kind(std::string(error.id().text()), as_arguments(error.got()),
                                as_arguments(error.expected()), as_arguments(error.action()));
  PyErr_SetObject(kind.ptr(), value.ptr());
}

}  // namespace

void bind_errors(nb::module_&) {
  nb::register_exception_translator(
      [](const std::exception_ptr& problem, void*) {
        try {
          std::rethrow_exception(problem);
        } catch (const Error& error) {
          raise(error);
        }
      },
      nullptr);
}

}  // namespace headscope::python
