// language/refuse.hpp: how a wrong expression is refused with a sentence.
#pragma once

/// Marks an overload that is chosen for wrong operands and may not be used: the first line of the error is the user's own, with
/// the sentence. A compiler without the attribute warns there, and recording refuses the model (see model::broken).
#if defined(__has_attribute)
#if __has_attribute(unavailable)
#define DIMWISE_REFUSE(sentence) __attribute__((unavailable(sentence)))
#endif
#endif
#ifndef DIMWISE_REFUSE
#define DIMWISE_REFUSE(sentence) [[deprecated(sentence)]]
#define DIMWISE_REFUSES_LATE
#endif
