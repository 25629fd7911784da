// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseSkyWalking reads what the SkyWalking agent for Java makes, uuid.thread.sequence, where the
// first part has n hex digits. Other agents use a plain UUID.
// Source: receiver/skywalkingreceiver of the Collector's contrib repository, swTraceIDToTraceID.
func parseSkyWalking(v string, n int) (Context, bool) {
	id, ok := foldSkyWalking(v, n, 0)
	return Context{TraceID: id, Format: FormatSkyWalking, NonRandom: true}, ok
}

// foldSkyWalking maps an id in three parts to 16 bytes as the Collector's skywalking receiver
// maps those of spans, else logs and spans would not meet: extra is folded into the first 4 bytes of the
// uuid, the thread into the next 4, the sequence (a time and a counter) into the last 8, lowest
// byte first. The uuid belongs to the process and only the sequence changes from one id to the next, so
// nothing in the low bits is random.
func foldSkyWalking(v string, n int, extra uint32) (ID, bool) {
	if n != 32 {
		return ID{}, false
	}
	id, ok := hexID(v[:32])
	xorLowFirst(id[:4], uint64(extra))
	if len(v) == 32 {
		return id, ok
	}
	threadText, sequenceText := cut(v[33:], '.')
	thread, okThread := decimalUint(threadText)
	sequence, okSequence := decimalUint(sequenceText)
	xorLowFirst(id[4:8], thread)
	xorLowFirst(id[8:], sequence)
	return id, ok && v[32] == '.' && okThread && okSequence
}

func xorLowFirst(dst []byte, v uint64) {
	for i := range dst {
		dst[i] ^= byte(v >> (8 * i))
	}
}
