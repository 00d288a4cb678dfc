// Package route knows path reports: what mtr, traceroute, tracert, tracetcp, ping and their kin print. It tells them by their
// content.
package route
