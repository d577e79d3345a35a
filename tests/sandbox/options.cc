#include "tests/sandbox/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/time_shift.h"

namespace sandbox {
namespace {

// What is on the command line as it stands there.
struct Flags {
  std::string tls_max;
  std::vector<std::string> allow_ip;
  std::string date_skew;
};

constexpr char kFooter[] =
    "PUT /_sandbox/faults with a JSON array of objects makes requests fail; the keys, all "
    "optional:\n"
    "  method, path (exact, or a prefix with * at its end)   which requests\n"
    "  every (N: every Nth of them), times (how often at most)\n"
    "  delay_ms, status, headers, body                       what is answered, and when\n"
    "  action: reset_before, reset_mid, reset_after, close, truncate, endless, stall\n"
    "DELETE /_sandbox/faults ends that. GET /_sandbox/journal has what was received; DELETE\n"
    "forgets it. PUT /_sandbox/reports/ID lays members over a report. PUT /_sandbox/keys with\n"
    "{\"api_keys\": [TEXT, ...]} changes what requests must carry. GET\n"
    "/_sandbox/address says from which address the question came.\n"
    "Exit codes: 0 stopped by a signal, 2 wrong usage.";

void Declare(CLI::App* app, Options* options, Flags* flags) {
  app->add_option("--listen", options->listen, "HOST:PORT to serve on; port 0 chooses one")
      ->required();
  app->add_option("--api-key", options->api_key, "what requests must carry as x-api-key")
      ->required();
  app->add_option("--proctorexam-token", options->proctorexam_token,
                  "stand in for ProctorExam, too: what requests must carry as Token token=");
  app->add_option("--proctorexam-secret", options->proctorexam_secret,
                  "the key that ProctorExam's requests must be signed with");
  app->add_option("--tls-cert", options->tls_cert,
                  "serve HTTPS (TLS 1.2 and 1.3) with the certificate chain in this PEM file");
  app->add_option("--tls-key", options->tls_key, "the PEM file with the certificate's private key");
  app->add_option("--tls-max", flags->tls_max,
                  "the highest version of TLS that is spoken: 1.2 or 1.3");
  app->add_option("--allow-ip", flags->allow_ip,
                  "answer the API only to this address or CIDR, others with 403; repeatable")
      ->allow_extra_args(false);
  app->add_option("--date-skew", flags->date_skew,
                  "how far the Date header is ahead of the clock: 10m, -10m, 90s, 1h, 500ms");
  app->footer(kFooter);
}

// These return "" or one line that names what is wrong.

std::string CheckKey(const std::string& flag, const std::string& key) {
  if (!key.empty() && IsHeaderValue(key) && Trim(key) == key) return "";
  return flag + ": not a header's value";
}

std::string CheckProctorExam(const CLI::App& app, const Options& options) {
  const bool token = app.count("--proctorexam-token") > 0;
  const bool secret = app.count("--proctorexam-secret") > 0;
  if (!token && !secret) return "";
  if (!secret) return "--proctorexam-secret: is missing, which --proctorexam-token needs";
  if (!token) return "--proctorexam-token: is missing, which --proctorexam-secret needs";
  auto wrong = CheckKey("--proctorexam-token", options.proctorexam_token);
  if (wrong.empty()) wrong = CheckKey("--proctorexam-secret", options.proctorexam_secret);
  return wrong;
}

std::string ReadTls(const CLI::App& app, const Flags& flags, Options* options) {
  const bool cert = app.count("--tls-cert") > 0;
  const bool key = app.count("--tls-key") > 0;
  const bool max = app.count("--tls-max") > 0;
  if (cert && !key) return "--tls-key: is missing, which --tls-cert needs";
  if (key && !cert) return "--tls-cert: is missing, which --tls-key needs";
  if (max && !cert) return "--tls-max: needs --tls-cert and --tls-key";
  if (cert && options->tls_cert.empty()) return "--tls-cert: must name a file";
  if (key && options->tls_key.empty()) return "--tls-key: must name a file";
  if (max && flags.tls_max != "1.2" && flags.tls_max != "1.3") {
    return "--tls-max: must be 1.2 or 1.3";
  }
  options->cap_at_tls12 = flags.tls_max == "1.2";
  return "";
}

std::string ReadAllowed(const Flags& flags, Options* options) {
  for (const auto& cidr : flags.allow_ip) {
    const auto range = AddressRange::Parse(cidr);
    if (!range) {
      return "--allow-ip: must be an IPv4 or IPv6 address or a CIDR such as 10.0.0.0/8, not " +
             cidr;
    }
    options->allowed.push_back(*range);
  }
  return "";
}

std::string ReadDateSkew(const CLI::App& app, const Flags& flags, Options* options) {
  if (app.count("--date-skew") == 0) return "";
  const auto skew = ParseTimeShift(flags.date_skew);
  if (!skew) {
    return "--date-skew: must be a number with a unit such as 10m, -10m, 90s, 1h, 500ms, at most "
           "10 years, not " +
           flags.date_skew;
  }
  options->date_skew = *skew;
  return "";
}

// What was given may hold anything; a message is one line.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) {
        return !IsHeaderValue({&c, 1});
      },
      '?');
  return text;
}

}  // namespace

std::variant<Options, Help, UsageError> ParseOptions(int argc, const char* const* argv) {
  CLI::App app(
      "A stand-in for the Concero assessment portal, under /api/v1, and for ProctorExam, under "
      "/api/v3.",
      "concero-sandbox");
  Options options;
  Flags flags;
  Declare(&app, &options, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Help{app.help()};
  } catch (const CLI::ParseError& error) {
    return UsageError{OneLine(error.what())};
  }
  std::string wrong = CheckKey("--api-key", options.api_key);
  if (wrong.empty()) wrong = CheckProctorExam(app, options);
  if (wrong.empty()) wrong = ReadTls(app, flags, &options);
  if (wrong.empty()) wrong = ReadAllowed(flags, &options);
  if (wrong.empty()) wrong = ReadDateSkew(app, flags, &options);
  if (!wrong.empty()) return UsageError{OneLine(std::move(wrong))};
  return options;
}

}  // namespace sandbox
