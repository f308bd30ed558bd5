/// What a shared libtriloop shows to its users; everything else in it is hidden.
#pragma once

// The static library shows nothing, so that a shared library made from it shows nothing either.
#if defined(TRILOOP_BUILDING_SHARED)
#define TRILOOP_EXPORT __attribute__((visibility("default")))
#else
#define TRILOOP_EXPORT
#endif
