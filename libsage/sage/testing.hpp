/// For tests: operator harness, stream script, conformance, probes, scripted servers. Link sage::testing; never into
/// an application.
#pragma once

#include "sage/testing/asked_requests.hpp"
#include "sage/testing/cassette.hpp"
#include "sage/testing/conformance.hpp"
#include "sage/testing/corked_sink.hpp"
#include "sage/testing/declared.hpp"
#include "sage/testing/live_task_runner.hpp"
#include "sage/testing/manual_clock.hpp"
#include "sage/testing/memory_files.hpp"
#include "sage/testing/memory_state.hpp"
#include "sage/testing/operator_harness.hpp"
#include "sage/testing/request_source.hpp"
#include "sage/testing/run_script.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "sage/testing/scripted_chat_server.hpp"
#include "sage/testing/scripted_http_server.hpp"
#include "sage/testing/scripted_source.hpp"
#include "sage/testing/task_runner.hpp"
#include "sage/testing/tracked.hpp"
