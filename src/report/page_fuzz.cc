// A report of `analyze` or `patterns` as a page: made, or refused with an Error.
#include <string>

#include "base/fuzz.h"
#include "headscope/report_page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headscope;
  accepts([&] {
    const std::string page = report_page(std::string(text_of(data, size)), "input");
    require(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"), "a page");
    require(page.find("<script") == std::string::npos, "a page without scripts");
  });
  return 0;
}
