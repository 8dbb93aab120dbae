// Commands, options and flags as CLI11 knows them.
#include "command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "arguments.h"

namespace headscope::cli {
namespace {

// Validators see every value first and may change it.
Option as_written(CLI::Option* option) {
  option->transform(CLI::Validator(
      [](std::string& value) {
        remove_shield(value);
        return std::string();
      },
      std::string()));
  return Option(option);
}

// CLI11 takes "" for 0, "010" for 8 and "0x10" for 16.
std::string decimal(std::string& value) {
  const std::string written = value;
  const bool minus = value.starts_with('-');
  if (minus) value.erase(0, 1);
  if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) {
    return "'" + written + "' is no whole number";
  }
  value.erase(0, std::min(value.find_first_not_of('0'), value.size() - 1));
  if (minus) value.insert(0, 1, '-');
  return {};
}

template <typename T>
struct Element {
  using Type = T;
};
template <typename T>
struct Element<std::optional<T>> {
  using Type = T;
};
template <typename T>
struct Element<std::vector<T>> {
  using Type = T;
};

// A number that `holds`; `what` says of which.
CLI::Validator number(const char* name, const char* what, bool (*holds)(double)) {
  return {[=](std::string& value) {
            double number = 0;
            const bool fits = CLI::detail::lexical_cast(value, number) && holds(number);
            return fits ? std::string() : "'" + value + "' is no number " + what;
          },
          name};
}

}  // namespace

Option Option::type_name(const std::string& name) const { return Option(option_->type_name(name)); }
Option Option::show_default() const { return Option(option_->capture_default_str()); }
Option Option::required() const { return Option(option_->required()); }
Option Option::delimiter(char character) const { return Option(option_->delimiter(character)); }
Option Option::expected(int least, int most) const {
  return Option(option_->expected(least, most));
}
Option Option::one_of(std::initializer_list<const char*> values) const {
  return Option(
      option_->check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end()))));
}
Option Option::one_of(std::initializer_list<int> values) const {
  return Option(option_->check(CLI::IsMember(std::vector<int>(values))));
}
template <typename T>
Option Option::range(T least, T most) const {
  return Option(option_->check(CLI::Range(least, most)));
}
Option Option::positive() const {
  return Option(option_->check(number("POSITIVE", "above 0", [](double x) { return x > 0; })));
}
Option Option::not_negative() const {
  return Option(
      option_->check(number("NONNEGATIVE", "of at least 0", [](double x) { return x >= 0; })));
}
Option Option::each(const std::function<void(const std::string&)>& use) const {
  return Option(option_->each(use));
}
bool Option::given() const { return option_->count() > 0; }

template <typename T>
Option Command::option(const std::string& name, T& value, const std::string& help) const {
  CLI::Option* option = command_->add_option(name, value, help);
  if constexpr (std::is_integral_v<typename Element<T>::Type>) {
    option->transform(CLI::Validator(decimal, std::string()));
  }
  return as_written(option);
}
Option Command::option_function(const std::string& name,
                                const std::function<void(const std::string&)>& use,
                                const std::string& help) const {
  return as_written(command_->add_option_function<std::string>(name, use, help));
}
Option Command::flag(const std::string& name, bool& value, const std::string& help) const {
  return as_written(command_->add_flag(name, value, help));
}
Option Command::named(const std::string& name) const { return Option(command_->get_option(name)); }
void Command::runs(const std::function<void()>& function) const { command_->callback(function); }

template Option Option::range(int, int) const;
template Option Option::range(int64_t, int64_t) const;
template Option Option::range(size_t, size_t) const;
template Option Option::range(double, double) const;

// The types of values that commands take.
template Option Command::option(const std::string&, std::string&, const std::string&) const;
template Option Command::option(const std::string&, int&, const std::string&) const;
template Option Command::option(const std::string&, int64_t&, const std::string&) const;
template Option Command::option(const std::string&, size_t&, const std::string&) const;
template Option Command::option(const std::string&, double&, const std::string&) const;
template Option Command::option(const std::string&, std::optional<std::string>&,
                                const std::string&) const;
template Option Command::option(const std::string&, std::optional<int>&, const std::string&) const;
template Option Command::option(const std::string&, std::optional<int64_t>&,
                                const std::string&) const;
template Option Command::option(const std::string&, std::optional<double>&,
                                const std::string&) const;
template Option Command::option(const std::string&, std::vector<std::string>&,
                                const std::string&) const;
template Option Command::option(const std::string&, std::vector<int>&, const std::string&) const;
template Option Command::option(const std::string&, std::vector<int64_t>&,
                                const std::string&) const;

}  // namespace headscope::cli
