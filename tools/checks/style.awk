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
  if (is_header && $0 !~ /^\/\/\/ [A-Z`<0-9]/)
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

  if (is_header && code ~ /using[ \t]+namespace[ \t]+[a-z_:]+/ && code !~ /^[ \t]+/)
    report("no using namespace in a header")

  if (code ~ /(steady_clock|system_clock|high_resolution_clock|utc_clock|file_clock)[ \t]*::[ \t]*now|[^a-z_](clock_gettime|gettimeofday|localtime_r|gmtime_r)[ \t]*\(|std::time[ \t]*\(/ &&
      !is_port("clock"))
    report("reads a clock; take a clock port (tools/checks/ports.txt lists who may)")
  if (code ~ /sleep_for|sleep_until|[^a-z_](usleep|nanosleep|sleep)[ \t]*\(/ && !is_port("sleep"))
    report("sleeps; set a timer through a port")
  if (code ~ /std::(jthread|thread|async)[^_a-z:]|pthread_create/ && !is_port("thread"))
    report("starts a thread; take a thread port")
  if (code ~ /std::(basic_)?[io]?fstream|[^a-z_.:>](fopen|open|openat|creat|opendir|mkstemp|unlink|rename)[ \t]*\(|::(open|openat|unlink|rename|mkdir|opendir|stat|read|write|pread|pwrite)[ \t]*\(|std::(fopen|remove|rename|tmpfile)[ \t]*\(|std::filesystem::(remove|rename|create_director|exists|file_size|directory_iterator|recursive_directory_iterator|copy|resize_file|status|is_|last_write)/ &&
      !is_port("file"))
    report("touches files; take a file port")
  if (code ~ /std::(random_device|mt19937|default_random_engine|minstd_rand|rand|srand)|[^a-z_:.](s?rand|getrandom|arc4random)[ \t]*\(/ &&
      !is_port("random"))
    report("draws random numbers; take the rng port")
  if (code ~ /[^a-z_.>](std::)?(getenv|setenv|abort|quick_exit|_exit|system|popen)[ \t]*\(|(std::|[^a-z_.>:])(exit|signal|raise)[ \t]*\(|[^a-z_](sigaction|fork|execv[pe]*)[ \t]*\(/ &&
      !is_port("process"))
    report("touches the process (environment, signals, exit); belongs to app/ ports")
}

END {
  finish_file()
  if (problems > 0) {
    printf "style: %d problems\n", problems
    exit 1
  }
  printf "style: %d files keep the rules\n", files
}
