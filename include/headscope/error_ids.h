// The stable ids of errors (Error::id()), by which a program tells them apart, one line each.
// docs/wire.md says when the wire answers with which. A test compares this table with the sources.
#pragma once

#include <cstdint>
#include <string_view>

namespace headscope {

struct ErrorMeaning {
  std::string_view id;
  std::string_view meaning;
};

inline constexpr ErrorMeaning kErrorIds[] = {
    {"HS-ARR-01", "arrays given as attention do not have the shapes that the tokens ask for"},
    {"HS-BUG-01", "an error of headscope's own"},
    {"HS-BUSY-01", "the queue is full, or another file is being opened"},
    {"HS-CANCEL-01", "cancelled, or a newer run of the client took its place"},
    {"HS-CAP-01", "this trace, model or server cannot: the text says why"},
    {"HS-CAP-02", "the weights lack a head that was asked for (masked words, next sentence)"},
    {"HS-FILE-01", "a file of a newer format"},
    {"HS-FILE-02", "no trace file, or a damaged one"},
    {"HS-IMAGE-01", "a picture that is damaged, too large, or not read as the reference reads it"},
    {"HS-LEN-01", "more tokens than the model has positions"},
    {"HS-LEN-02", "a text that the truncation strategy cannot shorten enough"},
    {"HS-LIMIT-01", "over a limit of the interface, with both numbers"},
    {"HS-LINK-01", "a head, layer, pin, token or option that the trace does not have"},
    {"HS-MEM-01", "the run would not fit in memory"},
    {"HS-MODEL-01", "no model there, or files that are none"},
    {"HS-MODEL-02", "a model whose architecture headscope cannot run"},
    {"HS-RPC-01", "a malformed request: the field is named"},
    {"HS-RPC-02", "no such method"},
    {"HS-RPC-03", "another version of the wire"},
    {"HS-RPC-04", "refused by the carrier: Host, Origin, token, verb, content type, page"},
    {"HS-TEXT-01", "a text that cannot be taken, for example an empty one"},
    {"HS-TOKENIZER-01", "a tokenizer that headscope does not read as the reference does"},
    {"HS-TRACE-01", "no such trace here any more"},
};

// One id of the table, or none. A literal becomes an ErrorId when the program is compiled; one
// that is not in the table does not compile.
class ErrorId {
 public:
  constexpr ErrorId() = default;
  consteval ErrorId(const char* id) : text_(id) {  // NOLINT: throw sites write the id itself
    if (text_.empty()) return;
    for (const ErrorMeaning& row : kErrorIds) {
      if (row.id == text_) return;
    }
    throw "not in kErrorIds";
  }

  constexpr std::string_view text() const { return text_; }      // "" = none
  constexpr operator std::string_view() const { return text_; }  // NOLINT: it is text
  constexpr bool empty() const { return text_.empty(); }
  friend constexpr bool operator==(ErrorId id, std::string_view text) { return id.text_ == text; }

 private:
  std::string_view text_;
};

}  // namespace headscope
