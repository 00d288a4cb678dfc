package rules

import "github.com/capforensics/capforensics/analyzer/flow"

// alertNames are the alerts of TLS that end a connection, as RFC 8446, section 6.2, and its predecessors name them.
var alertNames = map[uint8]string{
	10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow", 30: "decompression_failure",
	40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
	46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
	60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
	90: "user_canceled", 109: "missing_extension", 110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
	113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity", 116: "certificate_required",
	120: "no_application_protocol", 121: "ech_required",
}

// alertName names an alert; one that is not registered by its number.
func alertName(description uint8) string {
	if name := alertNames[description]; name != "" {
		return name
	}
	return sprint(description)
}

// distrusts says that an alert is about the other side's certificate: what a client sends to a device that opens TLS with a certificate of
// its own.
func distrusts(description uint8) bool {
	return 42 <= description && description <= 46 || description == 48
}

// fatalAlert says that a message is an alert in clear that ends the connection.
func fatalAlert(m *flow.Message) bool {
	return m.Talk == flow.TLSAlert && m.Code != flow.SecretAlert && m.Code>>8 == flow.FatalAlert
}
