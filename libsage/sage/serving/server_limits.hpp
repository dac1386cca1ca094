/// Every bound of an HTTP server, each with its unit: what happens at it is said beside it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sage::serving {

/// The bounds. Times are checked ten times a second, so they are met up to 100 ms late.
struct server_limits {
  std::size_t header_bytes_max = 8 * 1024;           ///< of a request line with its fields, and of trailers: then 431
  std::size_t headers_max = 100;                     ///< fields of a request: then 431
  std::size_t body_bytes_max = 8 * 1024 * 1024;      ///< of one body: then 413
  std::size_t bodies_bytes_max = 256 * 1024 * 1024;  ///< of all bodies that are still coming in: then 503
  std::size_t connections_max = 8192;                ///< at once: then 503
  std::size_t connections_per_address_max = 1024;    ///< at once from one address: then 503
  std::size_t refusals_max = 64;                     ///< connections that are being told 503; beyond it just closed
  std::uint64_t requests_per_connection_max = 100'000;   ///< the last answer says `Connection: close`
  std::size_t read_ahead_bytes_max = 16 * 1024;          ///< read behind a request that is being answered, then waits
  std::size_t response_bytes_pending_max = 1024 * 1024;  ///< answered and not yet taken by the client: then closed
  std::uint32_t header_ms_max = 10'000;       ///< from the first byte of a head to its end, TLS included: then 408
  std::uint32_t body_ms_max = 60'000;         ///< from the end of the head to the end of the body: then 408
  std::uint32_t idle_ms_max = 75'000;         ///< between two requests of a connection: then closed
  std::uint32_t write_stall_ms_max = 30'000;  ///< that a client takes nothing of what is there for it: then closed
  std::uint32_t linger_ms_max = 1'000;        ///< for the client to read the last answer and close
  std::uint32_t io_threads = 1;               ///< threads of the server; a connection stays on one
};

}  // namespace sage::serving
