/// The file that says who may call a server: read it, add to it.
#pragma once

#include <string>

#include "sage/base/result.hpp"
#include "sage/model/secret.hpp"
#include "sage/serving/callers.hpp"

namespace sage::serving {

/// Reads the file. Refuses, as errc::configuration, one that isn't ours or that others can read or write (it has to
/// have mode 0600), and one of more than a megabyte.
[[nodiscard]] result<callers> read_callers(const std::string& path);

/// A token that nobody can guess: 256 random bits.
[[nodiscard]] result<secret<std::string>> make_token();

/// Makes a token for `tenant`, adds its hash to the file (made when it isn't there) and returns the token: nobody can
/// find out later what it was. The file is replaced whole, mode 0600; of two such calls at once one is refused.
[[nodiscard]] result<secret<std::string>> add_caller(const std::string& path, const std::string& tenant);

}  // namespace sage::serving
