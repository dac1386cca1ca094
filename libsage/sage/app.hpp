/// Programs around pipelines: `sage::app` and `sage::app_main`.
#pragma once

#include "sage/app/app.hpp"
