/// Changes to a record whose type isn't known: by field, or as text.
#pragma once

#include <string>
#include <string_view>

#include "sage/model/dynamic_value.hpp"

namespace sage::apps {

/// Sets what `assignment` says, `FIELD=VALUE`: a path of names and positions (`lines[2].price`; `.` is the record
/// itself) and a value that stays what it was: text is taken as it is, all else is JSON. Throws
/// errc::invalid_argument for a field that isn't there, and a value of another kind.
void set_field(dynamic_value& record, std::string_view assignment);

/// The record as JSON for people: indented.
[[nodiscard]] std::string editable_text(const dynamic_value& record);
/// What `edited`, made from `editable_text(record)`, says. What JSON can't say exactly and nobody has touched stays
/// as it is. Throws errc::parse.
[[nodiscard]] dynamic_value edited_record(const dynamic_value& record, std::string_view edited);

}  // namespace sage::apps
