/// SAGE inside a CAF application: what <sage/embedded.hpp> brings.
#pragma once

#include "embedded/environment.hpp"
#include "embedded/inlet.hpp"
#include "embedded/outlet.hpp"
