// Certificates for one test: an authority of its own, and what it signed.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>

#include "catch.h"

namespace wick::test {

/// PEM files.
struct CertificateFiles {
  std::string authority;    // that clients trust
  std::string certificate;  // with its chain
  std::string key;
};

namespace certificate {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

inline void AddExtension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  REQUIRE(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// `hours`: until it expires; negative: it has.
inline Certificate Make(const std::string& name, long serial, EVP_PKEY* key, const X509* issuer,
                        EVP_PKEY* issuer_key, const std::string& names, long hours) {
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), hours * 3'600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer ? issuer : made.get()));
  X509_set_pubkey(made.get(), key);
  if (issuer) {
    AddExtension(made.get(), NID_subject_alt_name, names);
  } else {
    AddExtension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
  }
  REQUIRE(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0);
  return made;
}

template <typename Write>
void ToFile(const std::string& path, Write write) {
  FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  REQUIRE(write(file) == 1);
  std::fclose(file);
}

}  // namespace certificate

/// Writes `directory`/name.{ca,crt,key}. `names` as OpenSSL writes subjectAltName.
inline CertificateFiles MakeCertificate(const std::string& directory, const std::string& name,
                                        const std::string& names = "DNS:localhost,IP:127.0.0.1",
                                        long hours = 24) {
  using namespace certificate;
  const Key authority_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate authority =
      Make(name + " authority", 1, authority_key.get(), nullptr, authority_key.get(), "", 24);
  const Certificate made =
      Make(name, 2, key.get(), authority.get(), authority_key.get(), names, hours);
  const CertificateFiles files = {directory + "/" + name + ".ca", directory + "/" + name + ".crt",
                                  directory + "/" + name + ".key"};
  ToFile(files.authority, [&](FILE* file) { return PEM_write_X509(file, authority.get()); });
  ToFile(files.certificate, [&](FILE* file) { return PEM_write_X509(file, made.get()); });
  ToFile(files.key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  ::chmod(files.key.c_str(), 0600);
  return files;
}

}  // namespace wick::test
