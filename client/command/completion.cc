#include "client/command/completion.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/command/commands.h"

namespace concero::command {
namespace {

// A command, by the names that lead to it (`/exams/list`; the program itself: empty).
using Visit = std::function<void(const std::string& path, const CLI::App& command)>;

void ForEachCommand(const std::string& path, const CLI::App& command, const Visit& visit) {
  visit(path, command);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name().empty()) continue;  // a group of options
    ForEachCommand(absl::StrCat(path, "/", sub->get_name()), *sub, visit);
  }
}

// Those of a command and of the groups in it.
std::vector<const CLI::Option*> OptionsOf(const CLI::App& command) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) options.push_back(option);
  }
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_name().empty()) continue;
    for (const CLI::Option* option : OptionsOf(*sub)) options.push_back(option);
  }
  return options;
}

std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (!absl::StrContains(type, '|')) return {};
  return absl::StrSplit(type, '|');
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// `case "$path" in` … for the command that the words so far lead to, of both shells.
std::string FindPath(const CLI::App& program, absl::string_view words, absl::string_view first,
                     absl::string_view last) {
  std::vector<std::string> paths;
  ForEachCommand("", program, [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) paths.push_back(path);
  });
  return absl::StrCat("  for ((i = ", first, "; i < ", last, "; i++)); do\n    case \"$path/${",
                      words, "[i]}\" in\n      ", absl::StrJoin(paths, "|\\\n      "),
                      ") path=\"$path/${", words, "[i]}\" ;;\n    esac\n  done\n");
}

// What to do for the value of an option, by its name behind the path.
std::string ValueCases(const CLI::App& program, absl::string_view files,
                       const std::function<std::string(const std::vector<std::string>&)>& choices) {
  std::string out;
  ForEachCommand("", program, [&](const std::string& path, const CLI::App& command) {
    for (const CLI::Option* option : OptionsOf(command)) {
      if (!TakesValue(*option)) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : NamesOf(*option)) {
        // The program's own may stand anywhere.
        patterns.push_back(path.empty() ? absl::StrCat("*\" ", name, "\"")
                                        : absl::StrCat("\"", path, " ", name, "\""));
      }
      std::string action = ":";
      if (option->get_type_name() == "FILE") action = std::string(files);
      if (const auto values = ChoicesOf(*option); !values.empty()) action = choices(values);
      absl::StrAppend(&out, "    ", absl::StrJoin(patterns, "|"), ") ", action, "; return ;;\n");
    }
  });
  return out;
}

}  // namespace

std::string BashCompletion(const CLI::App& program) {
  const std::string& name = program.get_name();
  std::string out =
      absl::StrCat("# Completion of ", name, " for bash: source it, or put it into\n",
                   "# ~/.local/share/bash-completion/completions/", name, "\n_", name,
                   "() {\n  local path='' words='' i\n  local current=${COMP_WORDS[COMP_CWORD]}\n",
                   "  local previous=${COMP_WORDS[COMP_CWORD - 1]}\n  COMPREPLY=()\n");
  out += FindPath(program, "COMP_WORDS", "1", "COMP_CWORD");
  absl::StrAppend(&out, "  case \"$path $previous\" in\n",
                  ValueCases(program, "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")",
                             [](const std::vector<std::string>& values) {
                               return absl::StrCat("mapfile -t COMPREPLY < <(compgen -W '",
                                                   absl::StrJoin(values, " "),
                                                   "' -- \"$current\")");
                             }),
                  "  esac\n  case \"$path\" in\n");
  ForEachCommand("", program, [&](const std::string& path, const CLI::App& command) {
    std::vector<std::string> words;
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
      if (!sub->get_name().empty()) words.push_back(sub->get_name());
    }
    for (const CLI::Option* option : OptionsOf(command)) {
      for (const std::string& n : NamesOf(*option)) words.push_back(n);
    }
    absl::StrAppend(&out, "    \"", path, "\") words='", absl::StrJoin(words, " "), "' ;;\n");
  });
  absl::StrAppend(&out,
                  "  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n",
                  "}\ncomplete -o filenames -F _", name, " ", name, "\n");
  return out;
}

std::string ZshCompletion(const CLI::App& program) {
  const std::string& name = program.get_name();
  std::string out = absl::StrCat(
      "#compdef ", name, "\n# Completion of ", name, " for zsh: put it as _", name,
      " into a directory of $fpath, or source it.\n_", name,
      "() {\n  local path_='' i\n  local -a described\n  local previous=${words[CURRENT - 1]}\n",
      "  local path=''\n");
  // `path` is special to zsh; a local of its own hides it.
  out = absl::StrReplaceAll(out, {{"  local path_='' i\n", "  local i\n"},
                                  {"  local path=''\n", "  local -h path=''\n"}});
  out += FindPath(program, "words", "2", "CURRENT");
  absl::StrAppend(&out, "  case \"$path $previous\" in\n",
                  ValueCases(program, "_files",
                             [](const std::vector<std::string>& values) {
                               return absl::StrCat("compadd -- ", absl::StrJoin(values, " "));
                             }),
                  "  esac\n  case \"$path\" in\n");
  ForEachCommand("", program, [&](const std::string& path, const CLI::App& command) {
    std::vector<std::string> described;
    const auto add = [&](const std::string& word, const std::string& text) {
      described.push_back(Quoted(absl::StrCat(word, ":", text)));
    };
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
      if (!sub->get_name().empty()) add(sub->get_name(), sub->get_description());
    }
    for (const CLI::Option* option : OptionsOf(command)) {
      for (const std::string& n : NamesOf(*option)) add(n, option->get_description());
    }
    absl::StrAppend(&out, "    \"", path, "\") described=(\n      ",
                    absl::StrJoin(described, "\n      "), ") ;;\n");
  });
  absl::StrAppend(&out, "  esac\n  _describe -o '", name, "' described\n}\n",
                  "if [[ $funcstack[1] == _", name, " ]]; then _", name, " \"$@\"; else compdef _",
                  name, " ", name, "; fi\n");
  return out;
}

void AddCompletion(CLI::App& app, Session& session) {
  CLI::App& completion = AddGroup(app, "completion", "Print a completion script for a shell");
  CLI::App& bash =
      *completion.add_subcommand("bash", "For bash: source <(concero completion bash)");
  WhenChosen(bash, session, [&session, &app] {
    session.terminal.Print(BashCompletion(app));
    return kOk;
  });
  CLI::App& zsh = *completion.add_subcommand("zsh", "For zsh: source <(concero completion zsh)");
  WhenChosen(zsh, session, [&session, &app] {
    session.terminal.Print(ZshCompletion(app));
    return kOk;
  });
}

}  // namespace concero::command
