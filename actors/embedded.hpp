/// SAGE inside a CAF application: what <sage/embedded.hpp> brings.
#pragma once

#include "actors/embedded_environment.hpp"
#include "actors/inlet.hpp"
#include "actors/outlet.hpp"
