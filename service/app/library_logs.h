// What the libraries would write to stderr, in formats of their own.
#pragma once

namespace gw::app {

/// From now on what gRPC and protobuf have to tell is an event of our log, at its lowest level:
/// much of it callers cause, as often as they like, and what operators need of it is in our own
/// errors. Thread safety: once, before servers and messages are made.
///
/// One thing gRPC tells nowhere else: when no descriptor is left for a connection, it stops
/// listening for ever. Then the process is sent SIGTERM, to drain and to be started anew.
void AdoptLibraryLogs();

/// Whether that has happened. Thread safety: any thread.
bool StoppedListening();

}  // namespace gw::app
