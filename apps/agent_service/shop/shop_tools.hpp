/// What agents may do in the shop.
#pragma once

#include <memory>

#include "agent_service/shop/database.hpp"
#include "sage/agents/resources.hpp"

namespace agent_service::shop {

/// Adds find_order, orders_of_customer, cancel_order, request_refund and product_stock. They block while the database
/// does, so they run where that holds nobody up; what a tool refuses is told to the model.
void add_tools(sage::agent_resources& to, std::shared_ptr<database> in);

}  // namespace agent_service::shop
