// Package flowtab turns records into flows. One pass over a capture, the survey, keeps a fixed-size [flow.Summary] for each
// flow, TCP connection or datagrams between two UDP ports, and appends a fixed-size [flow.Packet] for each segment to a log, and a
// [flow.Message] for each payload that is understood to another (listen.go). Afterwards the flows that need a look are
// examined: their packets are gathered from the log, in batches that fit the memory limit.
//
// Reading and following run beside each other: the caller's goroutine copies of each frame what following it needs (arrive.go), and
// another follows them (intake.go, track.go). What the survey found may be looked at after Finish.
//
// Memory does not grow with the capture: logs move to a temporary file when they outgrow their share, and connections leave
// the live table when it is full, the longest silent first.
package flowtab
