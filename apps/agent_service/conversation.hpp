/// The scripted conversation: a client of the running service that shows what it says and is told.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/model/secret.hpp"
#include "sage/serving/listen_address.hpp"

namespace agent_service {

/// What the customer says, turn by turn: small talk, an order's status, stock, a cancellation, a refund, thanks.
[[nodiscard]] const std::vector<std::string>& scripted_turns();

/// A conversation over HTTP with the service at `where`, through the same API that every client speaks.
class conversation {
 public:
  using printer = std::function<void(std::string_view)>;

  /// `token` is presented if it isn't empty; text goes to `print` as it comes, on the caller's thread.
  conversation(const sage::serving::address& where, sage::secret<std::string> token, printer print);

  /// Says it all. Blocks; throws what the service answers instead of an answer.
  void play(const std::vector<std::string>& turns) const;

 private:
  void say(const std::string& text) const;

  sage::serving::address where_;
  sage::secret<std::string> token_;
  printer print_;
};

/// "http://127.0.0.1:8080": where clients on this machine reach a server that listens there.
[[nodiscard]] std::string local_url(const sage::serving::address& where);

/// How to call the service there by hand.
[[nodiscard]] std::string curl_advice(const sage::serving::address& where, bool needs_token);

}  // namespace agent_service
