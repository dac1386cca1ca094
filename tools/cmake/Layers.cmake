# Who may include whom, as data. Read by CheckLayers.cmake (the test check.layers), which takes it literally:
# a row is complete and not transitive. A room is a folder of libsage/sage, or one of
#   front   the headers directly in libsage/sage (what users include), e.g. <sage/sage.hpp>; <sage/testing.hpp>
#           alone belongs to testing
#   actors  actors/        apps  apps/        tests  tests/ (may include everything)

set(SAGE_ROOM_base "")
set(SAGE_ROOM_model base)
set(SAGE_ROOM_observability base)
set(SAGE_ROOM_routing base model observability)
set(SAGE_ROOM_state base model observability)
set(SAGE_ROOM_functions base model observability routing state)
set(SAGE_ROOM_operators base model observability routing state functions)
set(SAGE_ROOM_graph base model observability routing state functions operators)
set(SAGE_ROOM_optimizer base model observability routing state functions operators graph)
set(SAGE_ROOM_runtime base model observability routing state functions operators graph)
set(SAGE_ROOM_api base model observability routing state functions operators graph optimizer runtime)

set(SAGE_ROOM_connectors base model observability state functions operators)
set(SAGE_ROOM_llm base model observability state functions operators)
set(SAGE_ROOM_agents base model observability state functions operators llm)
set(SAGE_ROOM_cluster base model observability state operators)
set(SAGE_ROOM_serving base model observability state functions operators llm agents)

set(SAGE_ROOM_testing base model observability routing state functions operators graph optimizer runtime api llm
  agents)
set(SAGE_ROOM_app base model observability routing state functions operators graph optimizer runtime api connectors
  llm agents cluster serving)
set(SAGE_ROOM_front base model observability routing state functions operators graph api connectors llm agents serving
  app)

set(SAGE_ROOM_actors base model observability routing state functions operators graph runtime cluster serving)
set(SAGE_ROOM_apps front base model observability state functions operators api connectors llm agents serving app)

# "ROOM of ROOM: FILE...": of some rooms, some others may see these headers only (paths below sage/).
set(SAGE_ROOM_WINDOWS
  "api of runtime: runtime/engine_port.hpp runtime/engine.hpp runtime/job.hpp runtime/job_state.hpp runtime/checkpoint/checkpoint_store.hpp")

# "FILE: ROOM...": single files that may see more than their room.
set(SAGE_ROOM_EXCEPTIONS
  "actors/embedded.hpp: api front"
  "actors/embedded/environment.hpp: api front"
  "actors/embedded/environment.cpp: api front"
  "actors/embedded/inlet.hpp: api front"
  "actors/embedded/outlet.hpp: api front")

# "HEADER REGEX -> PATH REGEX": the doors by which the libraries of others enter. Tests may use any of them; a
# header that is neither standard, nor ours, nor in this list may be included by nobody. Headers of the operating
# system (<sys/stat.h>) are for the ports of tools/checks/ports.txt.
set(SAGE_DOORS
  "^caf/ -> ^actors/"
  "^(spdlog|fmt)/ -> ^libsage/sage/observability/log\\.cpp$"
  "^msgpack(\\.hpp|/) -> ^libsage/sage/model/[a-z0-9_/]*\\.cpp$"
  "^nlohmann/ -> ^(libsage/sage/[a-z0-9_/]*|apps/ask/(answer_format|storage/manifest))\\.cpp$"
  "^libstemmer\\.h$ -> ^apps/ask/terms\\.cpp$"
  "^utf8proc\\.h$ -> ^apps/ask/tokens\\.cpp$"
  "^boost/program_options -> ^libsage/sage/app/[a-z0-9_]*\\.cpp$"
  "^yaml-cpp/ -> ^libsage/sage/app/[a-z0-9_]*\\.cpp$"
  "^curl/ -> ^libsage/sage/(llm|agents)/[a-z0-9_/]*\\.cpp$"
  "^boost/(asio|beast|system|optional) -> ^libsage/sage/(serving|testing)/[a-z0-9_/]*\\.cpp$"
  "^openssl/ -> ^libsage/sage/((serving|testing|llm)/[a-z0-9_/]*|base/checksum)\\.cpp$"
  "^boost/crc\\.hpp$ -> ^libsage/sage/base/checksum\\.cpp$"
  "^date/ -> ^libsage/sage/functions/calendar\\.cpp$"
  "^rocksdb/ -> ^(libsage/sage/state/rocksdb_backend\\.cpp|tests/)"
  "^sqlite3\\.h$ -> ^(libsage/sage/agents|apps)/[a-z0-9_/]*\\.cpp$"
  "^valijson/ -> ^libsage/sage/agents/[a-z0-9_/]*\\.cpp$"
  "^kainjow/ -> ^libsage/sage/agents/[a-z0-9_/]*\\.cpp$"
  "^hnswlib/ -> ^apps/ask/[a-z0-9_/]*\\.cpp$"
  "^[a-z]*mmintrin\\.h$ -> ^libsage/sage/(base|model|connectors)/"
  "^zlib\\.h$ -> ^libsage/sage/connectors/[a-z0-9_/]*\\.cpp$"
  "^(tbb|oneapi)/ -> ^tests/bench/")

# Which <*.h> are behind a door of the list above; any other is the operating system's.
set(SAGE_LIBRARY_C_HEADERS "^(zlib|libstemmer|utf8proc|sqlite3|[a-z]*mmintrin)\\.h$")
