// Completion scripts for shells, made from the tree of commands and options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace concero::command {

/// Names of commands and options, values of options that have few, files for those that take one.
/// Thread safety: pure.
std::string BashCompletion(const CLI::App& program);
std::string ZshCompletion(const CLI::App& program);

}  // namespace concero::command
