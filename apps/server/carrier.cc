#include "carrier.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "assets.h"
#include "growing_pool.h"
#include "headscope/error.h"

namespace headscope::server {
namespace {

using httplib::Request;
using httplib::Response;

// The status of every answer of the queue, errors too: a browser writes others into its console
// (docs/decisions/090-errors-in-answers.md).
constexpr int kAnswered = 200;
constexpr size_t kMaxQuestion = size_t{4} << 20;
constexpr std::string_view kPrefix = "/rpc/";
// Threads for waiting callers and idle connections, which do no work: more than the requests that
// may wait (docs/wire.md), so that `cancel` and `progress` always find a free one.
constexpr size_t kMostThreads = 1024 + 128;
constexpr int kReadSeconds = 10, kWriteSeconds = 60, kIdleSeconds = 5;
constexpr size_t kRequestsOfConnection = 100000;

// Nothing inline, nothing from elsewhere; what each entry is for: docs/wire.md and ui tests.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' "
    "blob: data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action "
    "'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types lit-html "
    "headscope";

// GrowingPool behind the interface of the library.
class Threads : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override { pool_.enqueue(std::move(task)); }
  void shutdown() override { pool_.shutdown(); }

 private:
  GrowingPool pool_{kMostThreads};
};

Caller caller_of(const Request& request) {
  return {request.get_header_value("Host"),
          request.get_header_value("Origin"),
          request.get_header_value("Sec-Fetch-Site"),
          request.get_header_value("Content-Type"),
          request.get_header_value("Content-Encoding"),
          request.get_header_value("Authorization")};
}

// Through a provider, because the library compresses plain bodies on the fly, at a price far above
// that of the loopback interface. `close` ends the connection behind the answer, so that the rest
// of a refused request is never read as another request.
void send(Response& response, int status, std::string body, const std::string& type,
          bool close = false) {
  response.status = status;
  const auto shared = std::make_shared<const std::string>(std::move(body));
  response.set_content_provider(
      shared->size(), type, [shared, close](size_t offset, size_t length, httplib::DataSink& sink) {
        return sink.write(shared->data() + offset, length) && !close;
      });
  if (close) response.set_header("Connection", "close");
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool plain = c >= ' ' && c != '"' && c != '\\' && static_cast<unsigned char>(c) < 0x7f;
    out += plain ? c : '?';
  }
  return out + "\"";
}

std::string code_of(int status) {
  if (status == 413) return "HS-LIMIT-01";
  return status == 503 ? "HS-BUSY-01" : "HS-RPC-04";
}

void refuse(Response& response, const Refusal& refusal) {
  const std::string code = code_of(refusal.status);
  const std::string message = refusal.got + "; expected " + refusal.expected + ".";
  send(response, refusal.status,
       "{\"rpc\":2,\"error\":{\"code\":\"" + code + "\",\"got\":" + quoted(refusal.got) +
           ",\"expected\":" + quoted(refusal.expected) +
           ",\"action\":\"\",\"message\":" + quoted(message) + "}}",
       "application/json", true);
}

void refuse_verb(const Request& request, Response& response) {
  response.set_header("Allow", request.path.starts_with(kPrefix) ? "POST" : "GET, HEAD");
  refuse(response, {405, request.method + " " + request.path, "POST /rpc/METHOD"});
}

// Reads what a caller sends; false above the limit.
bool read_body(const httplib::ContentReader& reader, size_t limit, std::string& body) {
  return reader([&](const char* data, size_t size) {
    if (body.size() + size > limit) return false;
    body.append(data, size);
    return true;
  });
}

bool accepts_gzip(const Request& request) {
  return request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
}

}  // namespace

struct Carrier::State {
  State(RpcQueue& q, Door d, int64_t file_bytes)
      : queue(q), door(std::move(d)), max_file(kMaxQuestion + static_cast<size_t>(file_bytes)) {}

  void configure();
  void bind();
  void answer(const Request& request, Response& response, const httplib::ContentReader& reader);
  void give(const Request& request, Response& response) const;

  RpcQueue& queue;
  Door door;
  const size_t max_file;    // with the question that brings it
  std::mutex file_in_hand;  // so that at most one file is in memory
  httplib::Server http;
  std::mutex mutex;  // what follows
  bool listening = false, ended = false, stopped = false;
};

void Carrier::State::answer(const Request& request, Response& response,
                            const httplib::ContentReader& reader) {
  const Caller caller = caller_of(request);
  auto refusal = refuse_question(door, caller);
  std::unique_lock<std::mutex> alone(file_in_hand, std::defer_lock);
  if (!refusal && brings_file(caller) && !alone.try_lock()) {
    refusal = {503, "another file is being opened", "one at a time"};
  }
  const size_t limit = alone.owns_lock() ? max_file : kMaxQuestion;
  std::string body;
  // A refused body is read where that is cheap, since the answer could be lost with the connection.
  // An encoded body is not: it could grow without limit.
  if (!refusal || request.get_header_value("Content-Encoding").empty()) {
    if (!read_body(reader, limit, body) && !refusal) {
      return refuse(response, {413, "a request of more than " + std::to_string(limit) + " bytes",
                               "less than that"});
    }
  }
  if (refusal) return refuse(response, *refusal);
  RpcAnswer answer = queue.call(request.path.substr(kPrefix.size()), body);
  response.set_header("Cache-Control", "no-store");
  send(response, kAnswered, std::move(answer.body), answer.type);
}

void Carrier::State::give(const Request& request, Response& response) const {
  if (const auto refusal = refuse_caller(door, caller_of(request))) {
    return refuse(response, *refusal);
  }
  if (request.path.starts_with(kPrefix)) return refuse_verb(request, response);
  const Asset* asset = find_asset(request.path);
  if (!asset) return refuse(response, {404, "the path " + request.path, "a page of headscope"});
  response.set_header("ETag", std::string(asset->etag));
  response.set_header("Cache-Control", "no-cache");
  response.set_header("Vary", "Accept-Encoding");
  if (request.get_header_value("If-None-Match") == asset->etag) {
    response.status = 304;
    return;
  }
  if (!asset->gzip || !accepts_gzip(request)) {
    return send(response, 200, uncompressed(*asset), std::string(asset->type));
  }
  response.set_header("Content-Encoding", "gzip");
  send(response, 200, {reinterpret_cast<const char*>(asset->bytes.data()), asset->bytes.size()},
       std::string(asset->type));
}

void Carrier::State::configure() {
  http.new_task_queue = [] { return new Threads; };
  // The library's default lets two programs share a port: no error would say that it is in use.
  http.set_socket_options([](socket_t sock) {
    const int yes = 1;
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  http.set_tcp_nodelay(true);
  http.set_payload_max_length(max_file);
  http.set_read_timeout(kReadSeconds);
  http.set_write_timeout(kWriteSeconds);
  http.set_keep_alive_timeout(kIdleSeconds);
  http.set_keep_alive_max_count(kRequestsOfConnection);
  http.set_default_headers({{"Content-Security-Policy", kPolicy},
                            {"X-Content-Type-Options", "nosniff"},
                            {"Referrer-Policy", "no-referrer"},
                            {"Cross-Origin-Opener-Policy", "same-origin"},
                            {"Cross-Origin-Resource-Policy", "same-origin"}});
  http.Post("/rpc/[a-z]{1,32}",
            [this](const Request& request, Response& response,
                   const httplib::ContentReader& reader) { answer(request, response, reader); });
  http.Get(".*", [this](const Request& request, Response& response) { give(request, response); });
  // Other requests end here without a body: wrong verbs, broken or long requests.
  http.set_error_handler([](const Request& request, Response& response) {
    if (response.content_provider_) return;
    const bool verb = response.status == 404 && request.method != "GET" && request.method != "HEAD";
    if (verb) return refuse_verb(request, response);
    const int status = response.status > 0 ? response.status : 400;
    refuse(response, {status, "a request that cannot be answered", "HTTP as docs/wire.md has it"});
  });
  http.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
    refuse(response, {500, "an error of the carrier", "none"});
  });
}

void Carrier::State::bind() {
  if (door.port == 0) {
    door.port = http.bind_to_any_port(door.host);
    if (door.port > 0) return;
  } else if (http.bind_to_port(door.host, door.port)) {
    return;
  }
  const std::string reason = std::strerror(errno);
  throw Error(ErrorCode::kNotFound,
              "the address " + door.host + ", port " + std::to_string(std::max(door.port, 0)) +
                  " (" + reason + ")",
              "an address of this machine and a free port", "Try --port 0, which picks one");
}

Carrier::Carrier(RpcQueue& queue, Door door, int64_t file_bytes)
    : state_(std::make_unique<State>(queue, std::move(door), file_bytes)) {
  state_->configure();
  state_->bind();
}
Carrier::~Carrier() = default;

const Door& Carrier::door() const { return state_->door; }

void Carrier::listen() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (state_->stopped) return;
    state_->listening = true;
  }
  state_->http.listen_after_bind();
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->ended = true;
}

// The library obeys stop() only while it runs, and it starts to run a moment after the call.
void Carrier::stop() {
  for (;;) {
    {
      const std::lock_guard<std::mutex> lock(state_->mutex);
      state_->stopped = true;
      if (!state_->listening || state_->ended) return;
      if (state_->http.is_running()) return state_->http.stop();
    }
    std::this_thread::yield();
  }
}

}  // namespace headscope::server
