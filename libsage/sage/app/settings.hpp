/// Every setting of SAGE that a user may change, in one table, and what the settings mean for environment and engine.
#pragma once

#include <span>
#include <string_view>

#include "sage/api/environment.hpp"
#include "sage/app/options.hpp"
#include "sage/base/result.hpp"

namespace sage::apps {

/// The table: name, type, default, unit, limits, one line. config/sage.yaml and docs/reference/settings.md list the
/// same rows, which a test compares. Those of CAF are the ones that begin with "caf.".
[[nodiscard]] std::span<const option_spec> settings_table();

/// Whether an option of this name is for CAF.
[[nodiscard]] bool is_for_caf(std::string_view name) noexcept;

/// The settings of an environment. Fails for settings that contradict each other.
[[nodiscard]] result<environment_options> environment_settings(const options& given);
/// How the engine of a local environment is made. Fails for settings that contradict each other.
[[nodiscard]] result<runtime::local_engine_options> engine_settings(const options& given);

}  // namespace sage::apps
