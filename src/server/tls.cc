#include "server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <boost/asio/ssl/context.hpp>
#include <utility>

namespace wick::server {
namespace {

namespace ssl = boost::asio::ssl;

/// Of TLS 1.2; those of 1.3 are all good.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

absl::Status Unusable(std::string_view setting, const std::string& file, std::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "{} = {}: {}", setting, file, why);
}

/// What OpenSSL says about the last failure of this thread.
std::string Reason() {
  const unsigned long code = ERR_peek_error();
  const char* const reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "it cannot be read";
}

void WarnIfOthersMayRead(const std::string& key) {
  struct stat info {};
  if (stat(key.c_str(), &info) != 0 || (info.st_mode & (S_IRGRP | S_IROTH)) == 0) return;
  spdlog::warn("tls.key = {}: the private key may be read by other users; chmod 600 {}", key, key);
}

absl::StatusOr<std::shared_ptr<ssl::context>> LoadContext(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(
      native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, kCiphers);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);  // tickets need no memory here
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);

  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(native, files.certificate.c_str()) != 1) {
    return Unusable("tls.certificate", files.certificate,
                    fmt::format("no certificate chain in PEM form: {}", Reason()));
  }
  // A key of another kind than the certificate's is taken, and then found to have none.
  if (SSL_CTX_use_PrivateKey_file(native, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(native) != 1) {
    return Unusable("tls.key", files.key,
                    fmt::format("no private key of tls.certificate in PEM form: {}", Reason()));
  }
  WarnIfOthersMayRead(files.key);
  return context;
}

}  // namespace

Tls::Tls(const TlsFiles& files, Context context) : files_(files), context_(std::move(context)) {}

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const TlsFiles& files) {
  if (files.certificate.empty() || files.key.empty()) {
    return InvalidArgument("tls.certificate and tls.key go together: set both or neither");
  }
  WICK_ASSIGN_OR_RETURN(auto context, LoadContext(files));
  return std::unique_ptr<Tls>(new Tls(files, std::move(context)));
}

absl::Status Tls::Reload() {
  WICK_ASSIGN_OR_RETURN(auto context, LoadContext(files_));
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return absl::OkStatus();
}

std::shared_ptr<ssl::context> Tls::context() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace wick::server
