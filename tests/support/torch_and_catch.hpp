// tests/support/torch_and_catch.hpp: both; torch's logging has macros of the same names.
#pragma once
#include <torch/torch.h>
#undef CHECK
#undef CHECK_NOTHROW
#undef CHECK_THROWS
#undef REQUIRE
#undef FAIL
#undef INFO
#undef WARN
#undef SKIP

#include "catch.hpp"
