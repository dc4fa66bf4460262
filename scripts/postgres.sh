#!/bin/sh
# Play stories on the topology of production: PostgreSQL, each of Temporal's services in a process of its
# own, two ingresses behind a proxy, two workers. NEED_POSTGRES=1 plays a few of them, which are about
# parcels, refunds, the sign-in and reconciliation, and searches the files of PostgreSQL for what people
# wrote; NEED_POSTGRES=all plays all, and restarts the programs under load. Without it, nothing is played, and
# that is said. What is given is for "go test".
set -eu

few='TestTwoStatusesInTheWrongOrder TestRefunds TestAPersonSignsInOnceByALink TestARefundThatNoWebhookToldOfIsFound
	TestOldNewsThatIsFoundIsNotMailed TestPostgreSQLShowsNothingOfWhatPeopleWrote'
# Stories that stop a process, or start one of their own, expect that there is one of each: they are not here.
others='TestTheSameWebhookTwentyTimesAtOnceIsOneSignalAndOneMail TestAHeldMailIsOvertakenByTheNext TestAnApprovalIsUndone
	TestAPersonDecidesByTheLinkOfTheMail TestMoneyThatMayHaveGone TestAnOutageOfEightHours
	TestAPostWithoutAnAnswerIsLookedForInTheLogs TestABounceSilencesTheNextMailAndANewAddressRevivesIt
	TestSupportMendsAnAddressAndSendsTheMail TestPausedParcelsAreFoundAndResumedTogether TestParcelsThatGoTogetherAreOneMail
	TestAParcelIsListedByWhatCustomersName TestOperationsAreToldOnceOfWhatManyParcelsHave TestParkedMailsAreRetriedTogether
	TestAPersonIsErasedInTheMiddleOfEverything TestAPersonGetsACopyOfTheirData TestAReturnOfAnAccountIsPaidOnce
	TestANewcomerRunsTheTopologyOfProduction TestARollingRestartLosesNothing'

case ${NEED_POSTGRES:-} in
'')
	echo "Nothing was played on PostgreSQL. To do so: make postgres"
	exit 0
	;;
all) stories="$few $others" takes="4 to 7" ;;
*) stories=$few takes="1 to 3" ;;
esac

# Debian keeps the server's programs out of the PATH.
found=$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true)
if [ -z "$found" ]; then
	echo "postgres.sh: install PostgreSQL's server, which Debian's package postgresql has: apt-get install postgresql" >&2
	exit 1
fi
echo "Stories on PostgreSQL: $takes minutes on 2 cores"
cd devstack
# shellcheck disable=SC2086 # the names are words
E2E_DB=postgres go test -tags postgres -count=1 -parallel 6 -timeout 15m ./e2e -run "^($(printf '%s|' $stories | sed 's/|$//'))\$" "$@"
