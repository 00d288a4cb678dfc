// Package capture reads records from a capture file: classic pcap in all its forms, pcapng, snoop, Network Monitor, ERF. It reads on where libpcap's
// relatives read on (captured length above snap length or above original length), stops where nothing honest can follow, and then
// says at which offset and why. Strings from the file are untrusted; whoever prints them escapes them.
package capture
