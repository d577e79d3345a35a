#include "service/http/curl_transfer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/http/curl_route.h"

namespace gw::http {
namespace {

bool HasControls(absl::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

constexpr size_t kUsualHeaderBytes = 256;

// libcurl 7.88 compares whole seconds of idleness with `>` (conn_maxage in lib/url.c), so N lets a
// connection through until just before N + 1 seconds. Below 0: no kept connection will do.
long MaxAge(absl::Duration max_idle) { return absl::ToInt64Seconds(max_idle) - 1; }

}  // namespace

CurlTransfer::CurlTransfer(const UpstreamOptions& options, SocketCounter& sockets,
                           KeptConnections& kept, CurlHandles& handles, ReadingTurn& reading,
                           Request request, ByteBudget* memory)
    : options_(options),
      handles_(handles),
      reading_(reading),
      sockets_(sockets),
      kept_(kept),
      memory_(memory),
      request_(std::move(request)),
      filter_(options) {}

CurlTransfer::~CurlTransfer() {
  reading_.Forget(easy_);
  handles_.GiveBack(easy_);
  curl_slist_free_all(resolve_);
}

template <class Value>
void CurlTransfer::Set(CURLoption option, Value value) {
  if (set_result_ == CURLE_OK) set_result_ = curl_easy_setopt(easy_, option, value);
}

bool CurlTransfer::Prepare(const Addresses& addresses, TransportError* error) {
  *error = TransportError{ErrorKind::kInternal, Phase::kNotConnected, "out of memory"};
  if (!AddHeaders(error)) return false;
  easy_ = handles_.Take(&set_result_);
  if (easy_ == nullptr) {
    error->detail = curl_easy_strerror(set_result_);
    return false;
  }

  const std::string url = absl::StrCat(options_.base_url, request_.target);
  Set(CURLOPT_URL, url.c_str());
  Set(CURLOPT_HTTPHEADER, headers_.list());
  Set(CURLOPT_ERRORBUFFER, &error_text_[0]);

  if (addresses != nullptr) {
    const std::vector<std::string> permitted = filter_.PermittedOf(*addresses);
    if (permitted.empty()) {
      *error = {ErrorKind::kAddressRefused, Phase::kNotConnected, filter_.Refused()};
      return false;
    }
    resolve_ =
        curl_slist_append(nullptr, absl::StrCat(options_.peer_host(), ":", options_.peer_port(),
                                                ":", absl::StrJoin(permitted, ","))
                                       .c_str());
    if (resolve_ == nullptr) return false;
    Set(CURLOPT_RESOLVE, resolve_);
  }
  // The handle has had other transfers, so everything is set that one of them may have set. A
  // DELETE has no body, so it is a GET by another name, as the others are POSTs.
  const bool has_body = request_.method != Method::kGet && request_.method != Method::kDelete;
  if (has_body) {
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    Set(CURLOPT_POSTFIELDS, request_.body.data());
  } else {
    Set(CURLOPT_HTTPGET, 1L);
  }
  const bool own_name = request_.method != Method::kGet && request_.method != Method::kPost;
  Set(CURLOPT_CUSTOMREQUEST, own_name ? MethodName(request_.method).data() : nullptr);

  const long max_age = MaxAge(std::min(request_.max_idle, options_.max_idle));
  Set(CURLOPT_FRESH_CONNECT, max_age < 0 ? 1L : 0L);
  if (max_age >= 0) Set(CURLOPT_MAXAGE_CONN, max_age);

  Set(CURLOPT_PREREQFUNCTION, &OnPrereq);
  Set(CURLOPT_PREREQDATA, this);
  Set(CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_CLOSESOCKETFUNCTION, &OnCloseSocket);
  Set(CURLOPT_CLOSESOCKETDATA, &sockets_);
  if (set_result_ != CURLE_OK) error->detail = curl_easy_strerror(set_result_);
  return set_result_ == CURLE_OK;
}

bool CurlTransfer::AddHeaders(TransportError* error) {
  // Without a value libcurl leaves the header out: no 100-continue round trip, no form content type
  // of its own making.
  headers_.Reserve(request_.headers.size() + 2, kUsualHeaderBytes);
  headers_.Add("Expect", ":", "");
  bool has_content_type = false;
  for (const Header& header : request_.headers) {
    if (header.name.empty() || HasControls(header.name) || HasControls(header.value)) {
      error->kind = ErrorKind::kBadRequest;
      error->detail = absl::StrCat("header ", absl::CHexEscape(header.name),
                                   " is empty or has a control character");
      return false;
    }
    has_content_type |= absl::EqualsIgnoreCase(header.name, "content-type");
    // With a colon and nothing behind it libcurl would leave the header out.
    headers_.Add(header.name, header.value.empty() ? ";" : ": ", header.value);
  }
  if (!has_content_type) headers_.Add("Content-Type", ":", "");
  if (HasControls(request_.target)) {
    error->kind = ErrorKind::kBadRequest;
    error->detail = "target has a control character";
    return false;
  }
  return true;
}

int CurlTransfer::OnPrereq(void* self, char*, char*, int, int local_port) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  long connects = 0;
  curl_easy_getinfo(transfer.easy_, CURLINFO_NUM_CONNECTS, &connects);
  transfer.tls_.Attach(transfer.easy_);
  if (connects > 0) {
    transfer.kept_.Learn(local_port, transfer.opened_);
  } else if (transfer.got_kept_ = true;
             transfer.kept_.OutOfStep(local_port) || transfer.tls_.HasUnreadBytes()) {
    transfer.out_of_step_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.place_.Free();
  if (transfer.sends_ == 0) {
    curl_easy_getinfo(transfer.easy_, CURLINFO_REQUEST_SIZE, &transfer.bytes_before_);
  }
  // The second call is libcurl's own re-send on a new connection, after a kept one died without an
  // answer.
  if (++transfer.sends_ > 1) return CURL_PREREQFUNC_ABORT;
  if (transfer.sends_ == 1 && transfer.request_.before_send && !transfer.request_.before_send()) {
    transfer.refused_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

size_t CurlTransfer::OnHeader(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const absl::string_view line(data, size);
  // A status line begins anew: what came before was an interim (1xx) answer.
  if (absl::StartsWith(line, "HTTP/")) {
    transfer.answering_ = true;
    transfer.head_complete_ = false;
    transfer.response_.header_block.clear();
    return size;
  }
  if (absl::StripTrailingAsciiWhitespace(line).empty()) transfer.head_complete_ = true;
  if (transfer.response_.header_block.size() + size > kMaxHeaderBytes) {
    transfer.too_large_ = true;
    return 0;
  }
  absl::StrAppend(&transfer.response_.header_block, line);
  return size;
}

size_t CurlTransfer::OnBody(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  std::string& body = transfer.response_.body;
  if (size > transfer.options_.max_response_bytes - body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  if (!transfer.Hold(size)) {
    transfer.no_memory_ = true;
    return 0;
  }
  if (body.empty()) transfer.MakeRoom();
  body.append(data, size);
  transfer.reading_.Count(transfer.easy_, size);
  return size;
}

// All at once: a text of megabytes that outgrows its memory is copied, and the loop waits. But an
// upstream's word does not get more than the shared memory has.
void CurlTransfer::MakeRoom() {
  curl_off_t told = -1;  // when it is not known
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &told);
  if (told <= 0) return;
  size_t room = std::min(static_cast<size_t>(told), options_.max_response_bytes);
  if (memory_ != nullptr) room = std::min(room, memory_->left());
  response_.body.reserve(room);
}

// What may not be asked for again is read whatever the others hold: an answer that is thrown away
// would leave open what was done.
bool CurlTransfer::Hold(size_t bytes) {
  if (memory_ == nullptr) return true;
  if (!request_.one_shot) return response_.held.Grow(*memory_, bytes);
  response_.held.GrowAnyhow(*memory_, bytes);
  return true;
}

curl_socket_t CurlTransfer::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  // The connection on which it left has died, and libcurl is about to send it again.
  if (transfer.sends_ > 0) transfer.reconnected_ = true;
  if (!transfer.filter_.MayOpen(address->addr)) return CURL_SOCKET_BAD;
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd >= 0) {
    transfer.sockets_.Opened(fd, self);
    transfer.opened_.push_back(fd);
  }
  return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

std::vector<int> CurlTransfer::connecting() const {
  std::vector<int> mine;
  if (sends_ > 0) return mine;
  std::copy_if(opened_.begin(), opened_.end(), std::back_inserter(mine),
               [this](int fd) { return sockets_.IsOf(fd, this); });
  return mine;
}

int CurlTransfer::OnCloseSocket(void* sockets, curl_socket_t fd) {
  static_cast<SocketCounter*>(sockets)->Closed(fd);
  return close(fd);
}

Phase CurlTransfer::ReachedPhase() const {
  if (easy_ == nullptr || sends_ == 0) return Phase::kNotConnected;
  if (answering_) return Phase::kAnswering;
  // The first send's bytes are out, whatever becomes of the second; what libcurl counts may no
  // longer be about them.
  if (sends_ > 1 || reconnected_) return Phase::kWritten;
  if (refused_) return Phase::kConnected;
  long head_and_inline_body = 0;  // counted by libcurl as bytes are handed to the kernel
  curl_off_t body = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &head_and_inline_body);
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &body);
  if (head_and_inline_body == bytes_before_ && body == 0) {
    // Over TLS libcurl counts a write of up to 64 KiB when all of it is with the kernel, not
    // before.
    return over_tls() ? Phase::kPartlyWritten : Phase::kConnected;
  }
  return static_cast<size_t>(body) >= request_.body.size() ? Phase::kWritten
                                                           : Phase::kPartlyWritten;
}

ErrorKind CurlTransfer::KindOf(CURLcode result, Phase phase) const {
  if (too_large_) return ErrorKind::kTooLarge;
  if (no_memory_) return ErrorKind::kMemory;
  if (refused_) return ErrorKind::kRefused;
  if (reconnected_ && phase == Phase::kWritten) return ErrorKind::kConnectionLost;
  if (phase == Phase::kNotConnected) {
    if (opened_.empty() && filter_.turned_away()) return ErrorKind::kAddressRefused;
    if (const auto refusal = RefusalByProxy(easy_)) return *refusal;
  }
  // With TLS 1.3 our part of the handshake is over before the peer has looked at it.
  if (phase <= Phase::kWritten && tls_.PeerRefused()) return ErrorKind::kTls;
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return ErrorKind::kResolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:  // the connect timeout: no other is set on the handle
      return ErrorKind::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
      return HandshakeBrokeOff() ? ErrorKind::kConnect : ErrorKind::kTls;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return ErrorKind::kTls;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK:  // the guard: libcurl wanted to send it again
      return phase == Phase::kNotConnected ? ErrorKind::kConnect : ErrorKind::kConnectionLost;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorKind::kProtocol;
    case CURLE_OUT_OF_MEMORY:  // also libcurl's word for a header line of over 100 KB
      return answering_ && !head_complete_ ? ErrorKind::kTooLarge : ErrorKind::kInternal;
    case CURLE_URL_MALFORMAT:
      return ErrorKind::kBadRequest;
    default:
      return ErrorKind::kInternal;
  }
}

void CurlTransfer::StartOver() {
  out_of_step_ = got_kept_ = false;
  error_text_[0] = '\0';
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
}

// The answer had neither a length nor chunks, so that the end of the connection is its end.
bool CurlTransfer::EndsWithTheConnection() const {
  long status = 0;
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length < 0 && status != 204 && status != 304 && !response_.Header("transfer-encoding");
}

// The peer went away during the handshake, as against: one side refused what the other offered.
// libcurl has one code for both; what OpenSSL refuses comes with its text, `error:0A…:SSL
// routines::…`.
bool CurlTransfer::HandshakeBrokeOff() const { return !absl::StrContains(error_text_, "error:"); }

Outcome CurlTransfer::Finish(CURLcode result) {
  // libcurl takes a connection that closes within the headers for a complete answer without a body.
  if (result == CURLE_OK && !head_complete_) {
    return Lost("closed within the headers");
  }
  // libcurl 7.88 with OpenSSL 3 takes a connection that is cut for one that was closed.
  if (result == CURLE_OK && EndsWithTheConnection() && tls_.EndIsUnannounced()) {
    return Lost("closed within the body, without a close_notify");
  }
  if (result == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }
  const Phase phase = ReachedPhase();
  TransportError error{KindOf(result, phase), phase, curl_easy_strerror(result)};
  error.kept_connection = got_kept_;
  if (error_text_[0] != '\0') absl::StrAppend(&error.detail, ": ", error_text_);
  if (result == CURLE_INTERFACE_FAILED) {
    const LocalEnd& end = options_.local_end;
    absl::StrAppend(&error.detail, "; it should leave from ", end.interface, end.address);
  }
  if (const std::string refused = filter_.Refused(); !refused.empty()) {
    absl::StrAppend(&error.detail, "; ", refused);
  }
  return error;
}

TransportError CurlTransfer::Lost(absl::string_view detail) const {
  TransportError error{ErrorKind::kConnectionLost, ReachedPhase(), std::string(detail)};
  error.kept_connection = got_kept_;
  return error;
}

TransportError CurlTransfer::Abort(ErrorKind kind) const {
  return TransportError{kind, ReachedPhase(), ""};
}

}  // namespace gw::http
