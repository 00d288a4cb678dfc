// Package route knows path reports: what mtr, traceroute, tracert, tracetcp, ping and their kin print. For now it tells them by
// their content; each parser becomes a file of its own.
package route
