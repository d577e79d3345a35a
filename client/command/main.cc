// concero: the gateway from a terminal.
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/command/commands.h"
#include "client/command/interrupt.h"
#include "client/command/session.h"

namespace concero::command {
namespace {

constexpr char kFooterOfCommands[] =
    "Each command also has the options of concero --help: --gateway, --output, …";

constexpr char kFooter[] =
    "Examples:\n"
    "  concero exams list\n"
    "  concero allocate 119 arjun.mehta@company.io\n"
    "  concero allocate --file candidates.csv\n"
    "  concero allocations list --state in-doubt\n"
    "\n"
    "Data goes to stdout, talk to stderr. Exit codes: 0 well, 1 failed, 2 bad usage,\n"
    "3 refused for what was asked, 4 not allowed, 5 unavailable (try again),\n"
    "6 in doubt (sent, and nobody knows whether it was executed).";

// Narrow enough for 80 columns, and without what CLI11 knows of types and of which option goes with
// which: the descriptions and failures say it.
class Help : public CLI::Formatter {
 public:
  Help() { column_width(30); }

  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string name = option->get_type_name();
    if (option->get_items_expected_max() == 0 || option->get_positional()) return "";
    return name.empty() ? "" : " " + name;
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    const std::string value = option->get_default_str();
    if (!value.empty()) text += " (" + value + ")";
    if (!option->get_envname().empty()) text += " [$" + option->get_envname() + "]";
    return Broken(text);
  }
  std::string make_subcommand(const CLI::App* sub) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, sub->get_name(), Broken(sub->get_description()),
                             get_column_width());
    return out.str();
  }

 private:
  std::string Broken(const std::string& text) const {
    const size_t width = 79 - get_column_width();
    std::string out, line;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      if (!line.empty() && line.size() + 1 + word.size() > width) {
        out += line + "\n";
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    return out + line;
  }
};

void AddGlobals(CLI::App& app, Session& session) {
  Globals& globals = session.globals;
  app.add_option("-g,--gateway", globals.gateway, "The gateway's address")
      ->envname("CONCERO_GATEWAY")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  app.add_option("--tls-ca", globals.tls.ca_file,
                 "CA certificates (PEM) that vouch for the gateway; without: plaintext")
      ->envname("CONCERO_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", globals.tls.cert_file, "The certificate that shows who calls")
      ->envname("CONCERO_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", globals.tls.key_file, "Its key")
      ->envname("CONCERO_TLS_KEY")
      ->type_name("FILE");
  app.add_option("--tls-server-name", globals.tls.server_name,
                 "The name in the gateway's certificate, if another")
      ->envname("CONCERO_TLS_SERVER_NAME")
      ->type_name("NAME");
  AddDuration(app, "--timeout", globals.timeout, "For each call, its repeats included")
      ->default_str("30s");
  app.add_option_function<std::string>(
         "-o,--output",
         [&globals](const std::string& text) {
           if (text != "table" && text != "json") {
             throw CLI::ValidationError("--output: must be table or json");
           }
           globals.output = text == "json" ? Output::kJson : Output::kTable;
         },
         "For people, or for programs")
      ->type_name("table|json")
      ->default_str("table");
  app.add_flag("--no-color", globals.no_color, "No colors; NO_COLOR does the same");
  app.add_flag("-q,--quiet", globals.quiet, "Say nothing but data and failures");
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::string CommandNames(const CLI::App& command) {
  std::string names;
  for (const CLI::App* sub : CommandsOf(command)) {
    names += (names.empty() ? "" : ", ") + sub->get_name();
  }
  return names;
}

const CLI::App* FindCommand(const CLI::App& command, const std::string& name) {
  for (const CLI::App* sub : CommandsOf(command)) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

const CLI::Option* FindOption(const CLI::App& app, const CLI::App& command,
                              const std::string& name) {
  const CLI::Option* const option = command.get_option_no_throw(name);
  return option != nullptr ? option : app.get_option_no_throw(name);
}

enum class Follows { kUnknownOption, kValue, kNothing };

// What comes after `typed`, which begins with a dash.
Follows After(const CLI::App& app, const CLI::App& command, const std::string& typed) {
  if (typed.size() > 1 && typed[1] == '-') {
    const size_t end = typed.find('=');
    const CLI::Option* const option = FindOption(app, command, typed.substr(0, end));
    if (option == nullptr) return Follows::kUnknownOption;
    const bool takes_next = option->get_items_expected_max() > 0 && end == typed.npos;
    return takes_next ? Follows::kValue : Follows::kNothing;
  }
  // -q, -qojson, -o
  for (size_t i = 1; i < typed.size(); ++i) {
    const CLI::Option* const option = FindOption(app, command, {'-', typed[i]});
    if (option == nullptr) return Follows::kUnknownOption;
    if (option->get_items_expected_max() == 0) continue;
    return i + 1 == typed.size() ? Follows::kValue : Follows::kNothing;
  }
  return Follows::kNothing;
}

// What is wrong with what was typed.
std::string Problem(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App* command = &app;
  std::string path = "concero", unknown;
  for (int i = 1; i < argc && unknown.empty(); ++i) {
    const CLI::App* const next = FindCommand(*command, argv[i]);
    if (next != nullptr) {
      command = next;
      path += " " + next->get_name();
      continue;
    }
    const bool is_option = argv[i][0] == '-';
    const Follows follows = is_option ? After(app, *command, argv[i]) : Follows::kNothing;
    if (!is_option || follows == Follows::kUnknownOption) {
      unknown = argv[i];
    } else if (follows == Follows::kValue) {
      ++i;
    }
  }
  const bool is_group = command->get_require_subcommand_min() > 0;
  if (is_group && error.get_name() != "ValidationError" && error.get_name() != "ExtrasError") {
    const std::string there_are = "; there are " + CommandNames(*command);
    const std::string where = command == &app ? "" : path + ": ";
    if (unknown.empty()) return where + "name a command" + there_are;
    if (unknown[0] == '-') {
      return where + "there is no option '" + unknown +
             "' here; those of a command stand behind it: " + CommandNames(*command);
    }
    return where + "there is no '" + unknown + "'" + there_are;
  }
  return std::string(error.what()) + "\n" + path + " --help says more";
}

// What was typed asks for JSON, as far as that can be seen when it cannot be parsed.
bool AsksForJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string typed = argv[i];
    if (typed == "--") return false;
    const std::string next = i + 1 < argc ? argv[i + 1] : "";
    if (typed == "--output=json" || (typed == "--output" && next == "json")) return true;
    if (typed.size() < 2 || typed[0] != '-' || typed[1] == '-') continue;
    typed.erase(0, std::min(typed.find_first_not_of("qny", 1), typed.size()));  // flags
    if (typed == "ojson" || (typed == "o" && next == "json")) return true;
  }
  return false;
}

// A file that is opened must not become stdout or stderr, because whoever started this closed them.
void OpenStandardFiles() {
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest one
  }
}

// Data that nobody got is a failure.
ExitCode Flushed(ExitCode code) {
  if (std::cout.flush()) return code;
  std::cerr << "concero: cannot write to stdout\n";
  return Worse(code, kFailed);
}

int Main(int argc, char** argv) {
  OpenStandardFiles();
  // UTF-8 takes more bytes than places.
  setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
  signal(SIGPIPE, SIG_DFL);  // `concero … | head` ends in silence

  Interrupt interrupt;
  Session session(interrupt);
  CLI::App app(
      "Invite candidates to Concero's examinations, and see how they fare,\n"
      "through a concero-gateway.",
      "concero");
  app.formatter(std::make_shared<Help>());
  app.set_version_flag("--version", std::string("concero ") + GATEWAY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // the options of all commands may stand behind any of them
  AddGlobals(app, session);
  app.footer(kFooterOfCommands);  // commands take what is set when they are added
  AddExams(app, session);
  AddAllocate(app, session);
  AddCancel(app, session);
  AddReport(app, session);
  AddStudent(app, session);
  AddAllocations(app, session);
  AddPreflight(app, session);
  AddHealth(app, session);
  AddCompletion(app, session);
  app.footer(kFooter);
  if (argc == 1) {
    std::cout << app.help();
    return Flushed(kUsage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help that was asked for is no error.
    if (error.get_exit_code() == 0) {
      app.exit(error);
      return Flushed(kOk);
    }
    const std::string problem = Problem(app, error, argc, argv);
    if (AsksForJson(argc, argv)) {
      session.terminal.SetOutput(Output::kJson);
      return session.terminal.FailUsage(problem);
    }
    std::cerr << "concero: " << problem << '\n';
    return kUsage;
  }
  session.Apply();
  return Flushed(session.chosen());
}

}  // namespace
}  // namespace concero::command

int main(int argc, char** argv) { return concero::command::Main(argc, argv); }
