// core/error.hpp: the exception for everything a user can put right; its text is a sentence to be shown as it is.
#pragma once
#include <stdexcept>

namespace dimwise {

/// Names the file, column, flag or parameter that is wrong, and says what to do.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace dimwise
