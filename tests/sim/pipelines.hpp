/// Pipelines with state of every kind, for simulations: each writes lines to files of a simulated disk.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sage/sage.hpp"
#include "sage/testing/simulated_disk.hpp"

namespace sage::test {

struct simulated_pipeline {
  std::string name;
  std::function<void(environment& env, file_system& files)> build;
  /// What it leaves beside its output, as lines; null is nothing.
  std::function<std::vector<std::string>(file_system& files)> also = nullptr;
};

/// All of them.
[[nodiscard]] const std::vector<simulated_pipeline>& simulated_pipelines();

/// What it leaves when nothing happens: see left_by.
[[nodiscard]] std::vector<std::string> undisturbed(const simulated_pipeline& one);

/// What it has written to "out.txt" and left beside, as lines in order of the alphabet.
[[nodiscard]] std::vector<std::string> left_by(const simulated_pipeline& one, testing::simulated_disk& disk);

/// Lines in order of the alphabet.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace sage::test
