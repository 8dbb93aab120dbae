// Who may ask: what is refused by its headers alone, before anything is read. Pure: no socket.
//
// On the loopback interface other programs of the machine may ask, other web pages may not: a page
// of another site is told by Origin and Sec-Fetch-Site, a name that was rebound to this machine
// (DNS rebinding) by Host. On any other address the token of the printed URL is what counts.
#pragma once

#include <optional>
#include <string>

namespace headscope::server {

struct Door {
  std::string host = "127.0.0.1";  // the address that is bound
  int port = 0;
  std::string token;  // "" on the loopback interface
};

bool is_loopback(const std::string& host);
// "http://127.0.0.1:8642"
std::string origin_of(const Door& door, const std::string& host);

// The headers that decide; "" where a header is absent.
struct Caller {
  std::string host, origin, fetch_site, content_type, content_encoding, authorization;
};

struct Refusal {
  int status;
  std::string got, expected;
};

// For anything at all.
std::optional<Refusal> refuse_caller(const Door& door, const Caller& caller);
// For questions (POST /rpc/…): the above, content type, token.
std::optional<Refusal> refuse_question(const Door& door, const Caller& caller);
// The question brings a file: JSON, a NUL, the file's bytes. No page of another site can send this
// type without being asked first (CORS), and is refused then.
bool brings_file(const Caller& caller);

// 128 random bits of the system, as 32 hexadecimal digits.
std::string random_token();

}  // namespace headscope::server
