// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid_test

import (
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid/traceidtest"
)

// values are one or more of each form, whole and damaged, and what stands where an id is not.
var values = []string{
	"4bf92f3577b34da6a3ce929d0e0e4736", "0x4BF92F3577B34DA6A3CE929D0E0E4736", "bf92f3577b34da6a3ce929d0e0e4736", "0xf92f3577b34da",
	"a3ce929d0e0e4736", "0000000000000000", "700019aa17cc5e1", "00f067aa0ba902b7", "67667974448284343",
	"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
	"de5980b8-fce3-4a37-aab9-b4ac3af7eedd", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "1541815603606036480", "9223372036854775808",
	"4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-05e3ac9a4f6e3b90", "a3ce929d0e0e4736-00f067aa0ba902b7-d", "1",
	"4bf92f3577b34da6a3ce929d0e0e4736:f067aa0ba902b7:0:1", "a3ce929d0e0e4736%3A1%3A0%3A3", "1:2:3", "11803532876627986230",
	"136226328892407683857640016887932994919", "340282366920938463463374607431768211456", "18446744073709551616",
	"1-58406520-a006649127e371903a2de979", "1-58406520-a006649127e371903a2de979@53995c3f42cd8ad8",
	"Self=1-67891233-abcdef012345678912345678;Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1",
	"projects/my-p/traces/4bf92f3577b34da6a3ce929d0e0e4736", "projects/my-p/traces/4bf9", `projects\/p\/traces\/4bf92f3577b34da6a3ce929d0e0e4736`,
	"105445aa7843bc8bf206b12000100000/1;o=1", "105445aa7843bc8bf206b12000100000/;o=2",
	"de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430001", "TID: de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430001", "TID:N/A", "Ignored_Trace",
	"1-ZGU1OTgwYjhmY2UzNGEzN2FhYjliNGFjM2FmN2VlZGQuMS4xNjU2MzQ3NDI5NjQzMDAwMQ==-ZGU1OTgwYjhmY2UzNGEzN2FhYjliNGFjM2FmN2VlZGQuMS4xNjU2MzQ3NDI5NjQzMDAwMA==-3-cGF5-aQ==-L2E=-YTo4MA==",
	"[SW_CTX:[pay,1f@10.0.0.7,de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430001,de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430000,0]]",
	"SW_CTX:[pay,1f,N/A,N/A,-1]", "0a0fe8ec1502188012345100123456", "c0a80b781790000000000100145d26",
	"|4bf92f3577b34da6a3ce929d0e0e4736.00f067aa0ba902b7.", "|4bf92f3577.1.", "NR-LINKING|g|h|4bf92f3577b34da6a3ce929d0e0e4736|00f067aa0ba902b7|a|", "NR-LINKING|g|h|||a|",
	"", "-", "null", "N/A", "disabled", "${trace_id}", "%X{traceId}", "0", "00-000-0", "507f1f77bcf86cd799439011", "true", "None",
}

// FuzzParse: nothing is invented, whatever the key reveals, and blanks around a value change nothing.
func FuzzParse(f *testing.F) {
	for hint := traceid.HintNone; hint <= traceid.HintRoot; hint++ {
		for _, value := range values {
			f.Add(byte(hint), value)
		}
	}
	f.Fuzz(func(t *testing.T, h byte, value string) {
		hint := traceid.Hint(h % byte(traceid.HintRoot+1))
		c, r := hint.Parse(value)
		traceidtest.Check(t, value, c, r)
		if again, r2 := hint.Parse(" " + value + "\t"); again != c || r2 != r {
			t.Fatalf("%v %v, but with blanks %v %v", c, r, again, r2)
		}
		if s, ok := hint.ParseSpanID(value); ok == (s == [8]byte{}) {
			t.Fatalf("span %x, %t", s, ok)
		}
	})
}
