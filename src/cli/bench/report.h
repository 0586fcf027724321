// A load's results, for people and for programs.
#pragma once

#include <string>

#include "cli/bench/options.h"
#include "cli/bench/run.h"

namespace wick::cli::bench {

std::string TextOf(const Options& options, const RunResult& result);

/// One JSON document, with '\n'. Its names end with their units.
std::string JsonOf(const Options& options, const RunResult& result);

/// What was not done as asked: requests refused, not answered, sent late. Empty: nothing.
std::string Complaints(const Options& options, const RunResult& result);

}  // namespace wick::cli::bench
