// The short way through an event of JSON text.
#pragma once

#include "wick/event.h"
#include "wick/series.h"

namespace wick::protocol {

/// Reads the event at `begin` if it has the shape in which nearly every sender writes it: an object
/// of the seven fields in any order, each once at most and the volumes perhaps not at all; names of
/// printable ASCII without escapes; numbers as numbers; spaces at most before names and values.
/// Returns its end; nullptr if it has another shape, which says nothing against it. What is read is
/// what JsonReader would read; the values are not checked, a timestamp that is no whole number of
/// 64 bits is 0. `symbol` points into the text.
const char* ReadPlainEvent(const char* begin, const char* end, SymbolView& symbol, Price& price);

}  // namespace wick::protocol
