/// Pipelines with state of every kind, for simulations: each writes lines to files of a simulated disk.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sage/sage.hpp"

namespace sage::test {

struct simulated_pipeline {
  std::string name;
  std::function<void(environment& env, file_system& files)> build;
};

/// All of them.
[[nodiscard]] const std::vector<simulated_pipeline>& simulated_pipelines();

/// What it writes to "out.txt" when nothing happens, as lines in order of the alphabet.
[[nodiscard]] std::vector<std::string> undisturbed(const simulated_pipeline& one);

/// Lines in order of the alphabet.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace sage::test
