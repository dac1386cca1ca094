/// The sentences of the stand-in. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent_service/shop/records.hpp"

namespace agent_service {

/// "EUR 49.00".
[[nodiscard]] std::string phrase_money(std::int64_t cents);

/// What a tool of this name has answered; also for what it refused or failed with.
[[nodiscard]] std::string phrase_result(const std::string& tool, const std::string& result);

[[nodiscard]] std::string phrase_found(const shop::order& found);

/// An answer to somebody who wants nothing in particular.
[[nodiscard]] std::string phrase_small_talk(const std::vector<std::string>& words);

}  // namespace agent_service
