package sendcloud

import "net/http"

// Kiosk is the number of the one pick-up point that the simulator knows.
const Kiosk int64 = 1000002

// getServicePoint is GET /api/v3/service-points/{id}.
// https://sendcloud.dev/api/v3/service-points/retrieve-a-service-point
func getServicePoint(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") != "1000002" {
		refuseV3(w, http.StatusNotFound, "not_found", "Service point not found")
		return
	}
	open := func(from, to string) any { return []any{object{{"start_time", from}, {"end_time", to}}} }
	day := open("09:00", "18:00")
	answer(w, http.StatusOK, object{{"data", object{
		{"id", Kiosk},
		{"name", "Kiosk am Platz"},
		{"carrier", object{{"code", "postnl"}, {"name", "PostNL"}}},
		{"general_shop_type", "servicepoint"},
		{"address", object{
			{"street", "Stationsplein"}, {"house_number", "1"}, {"postal_code", "5611 AC"}, {"city", "Eindhoven"}, {"country_code", "NL"},
		}},
		{"opening_times", object{
			{"monday", day}, {"tuesday", day}, {"wednesday", day}, {"thursday", day}, {"friday", day},
			{"saturday", open("10:00", "17:00")}, {"sunday", nil},
		}},
		{"is_open_tomorrow", true},
		{"is_expired", false},
	}}})
}
