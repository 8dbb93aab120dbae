#include "headscope/view_state.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "figure/view_options.h"
#include "headscope/error.h"
#include "headscope/utf8.h"

namespace headscope {

namespace {

std::string percent_encode(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~,:*").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned>(static_cast<uint8_t>(c)));
    out += hex;
  }
  return out;
}

std::string percent_decode(const std::string& text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) refuse_option("link", text, "%XX with two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (find_invalid_utf8(out)) refuse_option("link", text, "UTF-8 text");
  return out;
}

}  // namespace

bool set_option(ViewState& state, const std::string& name, const std::string& value) {
  for (const ViewOption& option : view_options()) {
    if (name == option.key || name == option.name) {
      option.read(state, value);
      return true;
    }
  }
  return false;
}

std::optional<std::string> option_value(const ViewState& state, const std::string& name) {
  for (const ViewOption& option : view_options()) {
    if (name == option.key || name == option.name) {
      if (is_default(option, state)) return std::nullopt;
      return option.write(state);
    }
  }
  return std::nullopt;
}

ViewState parse_link(const std::string& link) {
  const size_t begin = !link.empty() && link[0] == '#' ? 1 : 0;
  const std::vector<std::string> parts = split(link.substr(begin), '&');
  if (parts[0] != "hs=1")
    refuse_option("link", link.substr(0, 40), "a link that begins with #hs=1");
  const std::span<const ViewOption> options = view_options();
  ViewState state;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string::npos) refuse_option("link entry", parts[i], "key=value");
    const std::string key = percent_decode(parts[i].substr(0, equals));
    const std::string value = percent_decode(parts[i].substr(equals + 1));
    const auto known = std::find_if(options.begin(), options.end(),
                                    [&](const ViewOption& option) { return key == option.key; });
    if (known == options.end()) {
      state.unknown.emplace_back(key, value);
    } else {
      known->read(state, value);
    }
  }
  return state;
}

std::string to_link(const ViewState& state) {
  std::string link = "#hs=1";
  const auto add = [&link](const std::string& key, const std::string& value) {
    link += "&" + percent_encode(key) + "=" + percent_encode(value);
  };
  for (const ViewOption& option : view_options()) {
    if (!is_default(option, state)) add(option.key, option.write(state));
  }
  for (const auto& [key, value] : state.unknown) add(key, value);
  return link;
}

std::vector<HeadRef> resolve_heads(const std::vector<HeadPattern>& heads, const TraceInfo& info,
                                   int stack) {
  std::vector<HeadRef> out;
  for (const HeadPattern& pattern : heads) {
    const int of = pattern.stack.empty() ? stack : info.stack_index(pattern.stack);
    const HeadRef first{of, {pattern.layer, pattern.head.value_or(0)}};
    try {
      check_head(info.stacks, first);
    } catch (const Error& error) {
      throw Error(ErrorCode::kUsage, error.got(), error.expected(), error.action(), "HS-LINK-01");
    }
    const int count = info.stacks[static_cast<size_t>(of)].layer(pattern.layer).heads;
    for (int h = first.id.head; h < (pattern.head ? *pattern.head + 1 : count); ++h) {
      const HeadRef head{of, {pattern.layer, h}};
      if (std::find(out.begin(), out.end(), head) == out.end()) out.push_back(head);
    }
  }
  return out;
}

int stack_of(const ViewState& state, const TraceInfo& info) {
  const int otherwise = info.stack_index(state.stack);
  int found = -1;
  for (const HeadPattern& pattern : state.heads) {
    const int of = pattern.stack.empty() ? otherwise : info.stack_index(pattern.stack);
    if (found >= 0 && of != found) {
      refuse_option("heads", option_value(state, "heads").value_or(""), "heads of one stack");
    }
    found = of;
  }
  return found >= 0 ? found : otherwise;
}

}  // namespace headscope
