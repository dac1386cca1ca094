# The part of tools/checks/style that reads the files. First argument: ports.txt; then the sources.

function report(what) {
  printf "%s:%d: %s\n", FILENAME, FNR, what
  problems++
}

# May this file use that kind of outside thing?
function is_port(kind,    path) {
  for (path in ports)
    if (index(FILENAME, path) == 1 && (path == FILENAME || path ~ /\/$/) && index(" " ports[path] " ", " " kind " "))
      return 1
  return 0
}

# Is one of these C functions called, as std::name( or ::name( ?
function calls(code, names) {
  return code ~ ("(^|[^a-zA-Z0-9_>])(std)?::(" names ")[ \t]*\\(")
}

function finish_file() {
  if (previous == "") return
  if (lines > 400) { printf "%s:%d: longer than 400 lines; split it by purpose\n", previous, lines; problems++ }
  if (is_header && !pragma_seen) { printf "%s:1: no #pragma once\n", previous; problems++ }
}

FNR == 1 {
  finish_file()
  previous = ""
}

# The list of ports comes first.
FILENAME ~ /ports\.txt$/ {
  if ($0 ~ /^[ \t]*(#|$)/) next
  path = $1
  $1 = ""
  ports[path] = ports[path] " " $0
  next
}

FNR == 1 {
  files++
  previous = FILENAME
  is_header = FILENAME ~ /\.hpp$/
  pragma_seen = 0
  in_comment = 0
  if (is_header && $0 !~ /^\/\/\/ ./)
    report("a header starts with a docstring: one sentence after ///")
}

{
  lines = FNR
  code = $0
  if (code ~ /^#pragma once/) pragma_seen = 1

  # Leave out strings and comments; a /* comment */ may span lines.
  gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
  sub(/\/\/.*/, "", code)
  if (in_comment) {
    if (!sub(/^.*\*\//, "", code)) next
    in_comment = 0
  }
  gsub(/\/\*([^*]|\*[^\/])*\*\//, "", code)
  if (sub(/\/\*.*/, "", code)) in_comment = 1
  if (code ~ /^[ \t]*#[ \t]*include/) next

  if (is_header && code ~ /^using[ \t]+namespace[ \t]/) report("no using namespace in a header")

  # Members may be called open() or abort(): the C functions are told by std:: or a leading ::, and their headers
  # are kept out by check.layers.
  if (code ~ /(steady_clock|system_clock|high_resolution_clock|utc_clock|file_clock)[ \t]*::[ \t]*now/ ||
      calls(code, "clock_gettime|gettimeofday|time|clock")) {
    if (!is_port("clock")) report("reads a clock; take a clock port (tools/checks/ports.txt lists who may)")
  }
  # Coroutines sleep on the clock port: sage::sleep_for and its kin are told from the thread's by their name space.
  if (code ~ /this_thread::|sleep_until/ && code !~ /this_thread::(yield|get_id)/ || calls(code, "sleep|usleep|nanosleep")) {
    if (!is_port("sleep")) report("sleeps; set a timer through a port")
  }
  if (code ~ /std::(jthread|thread|async)([^_a-z:]|$)/ || calls(code, "pthread_create")) {
    if (!is_port("thread")) report("starts a thread; take a thread port")
  }
  if (code ~ /std::(basic_)?([io]f|f)stream/ || code ~ /[^a-z_.>:](fopen|mkstemp)[ \t]*\(/ ||
      code ~ /std::filesystem::(remove|rename|create_dir|exists|file_size|directory_iter|recursive_dir|copy|resize|status|is_|last_write|canonical|temp_dir|current_path)/ ||
      calls(code, "fopen|tmpfile|remove|rename|open|openat|creat|unlink|mkdir|opendir|stat|fstat|read|write|pread|pwrite|mmap")) {
    if (!is_port("file")) report("touches files; take a file port")
  }
  if (code ~ /std::(random_device|mt19937|default_random_engine|minstd_rand)/ || code ~ /[^a-z_.>:]s?rand[ \t]*\(/ ||
      calls(code, "rand|srand|getrandom|getentropy")) {
    if (!is_port("random")) report("draws random numbers; take the rng port")
  }
  if (code ~ /[^a-z_.>:](getenv|setenv|quick_exit)[ \t]*\(/ ||
      calls(code, "getenv|setenv|abort|exit|_exit|quick_exit|system|popen|signal|raise|sigaction|fork|terminate")) {
    if (!is_port("process")) report("touches the process (environment, signals, exit); belongs into a port of app/")
  }
}

END {
  finish_file()
  if (problems > 0) {
    printf "style: %d problems\n", problems
    exit 1
  }
  printf "style: %d files keep the rules\n", files
}
