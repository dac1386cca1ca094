// The application's own test, linked with sage::testing. Grows with it: an operator harness belongs here.
#include <sage/base/result.hpp>

int main() {
  const sage::result<int> answer = 42;
  return answer && *answer == 42 ? 0 : 1;
}
