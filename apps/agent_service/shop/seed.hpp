/// The tables of a new shop, and what is in them.
#pragma once

namespace agent_service::shop {

/// SQL that makes a new database; it runs as one transaction.
extern const char* const seed;

/// What `PRAGMA user_version` says of a database that `seed` has made.
inline constexpr int schema_version = 1;

}  // namespace agent_service::shop
