/// The service as a pipeline: requests in, answers out.
#pragma once

#include <memory>

#include <sage/agents.hpp>
#include <sage/sage.hpp>
#include <sage/serving.hpp>

namespace agent_service {

/// Declares
///
///     chat_server -> classify -> route by intent -> order desk, refund desk, front desk -> reply
///
/// `resources` are the desks': the model, the prompts and the tools of the shop. They may be filled in until the job
/// is submitted. With a journal, conversations and what the desks have done outlive the process; null is without.
void declare_service(sage::environment& env, sage::serving::chat_server_options server,
                     const std::shared_ptr<const sage::agent_resources>& resources,
                     const std::shared_ptr<sage::agents::effect_journal>& journal = nullptr);

}  // namespace agent_service
