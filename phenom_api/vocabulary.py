"""The words that may be shown of a gateway's message. None of them identifies a person.

A gateway can put anything into an error, and no rule can tell a name from another word. So only
two kinds of words are shown: common words of error messages, and words in the names of Phenom's
operations and fields. Every other word becomes ``***``: names in any spelling or encoding, streets,
text of a profile, and harmless words that this list lacks.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_KNOWN = """
a able abort aborted about above absent accept acceptable accepted accepts access accessdenied
accessrole account across act action actions active activities activity actual add added adding
additional address addresses admin after again against agency ago all allow allowed allows alone
alphabetic alphanumeric already also always am among an and another any anything api apis app
appears applicant applicants application applications applied applies apply applying approval
archived are argument arguments array arrays as ascii ask asked asleep assign assigned assignment
association associativity at ats attach attached attachment attachments attempt attempted attempts
attribute attributes authenticate authenticated authentication authorisation authorised
authorization authorized available average avg avoid away aws back bad bandwidth banned base be bean
bearer because been before began begin begins being below benefits between big binary blacklisted
blank block blocked bodies body boolean both boundary bounds branding break broken browser bucket
buffer build bulk bundle business busy but by byte bytes cache call called calls campaign can cancel
cancelled candidate candidates cannot career categories category cause caused certificate change
changed changes char character characters charset check checked checksum choose city class
classification clear client clients closed cloud code codes collection column columns com come comma
comment comments common company complete completed component concurrency concurrent condition
confidential config configuration configure configured confirm conflict conflicting conflicts
connect connected connection consent constraint constraints contact contacts contain contained
contains content contentful contents context continue control conversion convert converted cooldown
copy correct corrupt could count country cover create created creating creation credential
credentials criteria criterion critical crm cross csrf currency current currentjob currently custom
cv cvs daily data database date dates days dd dead deadlock debug decimal decode decoded dedupe
deduplication deep default define defined degree delay delete deleted demand denied deny department
dependency deprecated desc description deserialize deserialized designation destination detail
detailed details detected determine determined dev device did didn differ different digit digits
direct directory disabled disappear disk display disposition do doc document documents docx does
doesn doing done double down download draft dto due duplicate duplicated duplicates duplication
during e each earlier early echo edit education eight either element elements else email emails
employee employees employer employment empty enable enabled encode encoded encoding end ended
endpoint endpoints ends enough ensure enter entered entire entities entitlements entity entry enum
enumeration environment epoch equal equals error errors etc evaluate evaluated evaluation even event
ever evergreen every exactly exceed exceeded exceeds except exception exceptions execute executed
execution exist existed existing exists expect expected experience expired expires expiry explicit
expression extension external extra fa factory fail failed failing fails failure failures fallback
false family feature few fewer fields file filename files filesize filetype filled filter filtered
filters final find fine finish finished first fit five flag float flow folder follow followed
following follows for forbidden forgotten form format formats formatted forward forwarded found four
fraction freeze from frozen full fullname function future gateway general generated generic get gets
getting gif give given gives go goes going gone good greater group groups guid had handle handled
handler has hash hashkey have having he header headers hear held help here hh hibernate hidden
higher highest hired hiring history hold host hostid hour hours how href hrm hs html http https
human i icims id identical identified identifier identifiers identity ids if ignored illegal
illegalargument image immediately impossible in inactive include included includes including
incoming incomplete incorrect index indicates infected info information initial inner input inputs
inside instance instead insufficient integer integers integration interface internal
internalservererror interval interview interviewer interviews into invalid invalidated io ip is isn
iso issue issued issues it item items its itself jakarta java javax job jobactivities jobs jobsync
jpeg jpg json just jwt keep keeps key keys keyword kind kinds know known label lack lacking lacks
lang language languages large larger last lat later latest latitude layer least legacy legal length
less letter letters level levels license like likely limit limited limits line lines link linked
linkedin links list listed listing lists literal load loading local locale locales locality located
location lock locked log logged login lon longer longitude look looking looks lost low lower
lowercase made mail maintenance make making malformed malware manager mandatory many map mapping
match matched matches matching maximum maximumsalary md me means media medium member members memory
merge merged message messages meta metadata method methods middle millisecond milliseconds mime
mimetype minimum minimumsalary minute minutes mismatch missing mm mobile model models modified
module moment month months more most moved much multi multipart multiple must na name named names
near necessary need needed needs negative nested net network never new newer newline next nine no
nobody node none nor nosuchkey not note notes nothing notice now null nullable nullpointer
nullpointerexception number numbers numeric object objects occupied occurred odt of off offer
offered office offline offset ok old older on once one ones onet online only onto open opened
operation operations operator opt option optional options or order org organisation organization
origin original other others otherwise otp our out outdated outside over overall overflow overlap
oversize oversized own owner package pages pagination paging pair param parameter parameters parent
parsable parse parsed parser parsing part partial parts passed password past patch path paths
pattern payload pdf pending people per percent perform performed period permanent permission
permissions permitted persistence person personal pf ph phenom phone photo photos phrase pick
picture ping place placeholder plain please png point policy pool port position positions positive
possible possibly postal postalcode postcode posted posting precondition preference preferred prefix
present prev prevented previous previously primary printable prior priority private problem problems
process processed processing product production profile profiles prohibited project proper
properties property protocol provide provided provider province proxy public publish published push
put qa queried query questionnaire queue quota range rate rather rating raw reach reachable reached
read reading ready real realm reapplied reapply reason reasons received recent recently recipe
record records recruiter recruiters redirect reduce ref refer reference references referral
refinement refresh refused regex region register registered reject rejected rejection relation
relative released remote remove removed repeat repeated replace replaced report req request
requested requestid requests require required requirement requirements requires requisition reserved
reset resolve resolved resource resources respond response responses rest restricted result results
resume resumes retried retries retry retrying return returned returns reused review reviewed revoked
right role roles root route row rows rtf rule rules run running s salary same sandbox save saved say
scan scanned scheduled schema schemas scheme school scim scope scopes score scrape screen screening
script search searchkeyword second secondary seconds secret section secure see seeker seem seems
segment select selected selectors self send sending sent separate separated sequence serial
serialize server servers service services servlet session set sets setting seven several shall share
shared she shift should show shown sign signature signed similar simple simultaneous since single
site sites six size skill skills sleepy smaller sms so social some somebody someone something soon
sorry sort sortable sorted sorting source sources space spaces spam special specific specified
spring springframework sql ss ssl stacktrace stage staging stamp standard standardized start started
starting starts state statement states status statuses step still stop stopped storage store stored
stream street string strings structure study style sub subject submission submit submitted
submitting subscription succeed succeeded success successful such suffix sum support supported
supports sure suspended sync syntax system t table tag tags take taken target task tasks team teaser
technical temporarily temporary tenant terminated test tested testing tests text texts than that the
their them then there these they thing things this those though three threshold throttled throttling
through throw thrown thumbnail ticket time timed timeout times timestamp title titles tls to
together token tokens too tool total trace traffic transaction transfer transition tried true try
trying twice two txt type types u uk unable unaccepted unauthorised unauthorized unavailable
undefined under understand unexpected unhandled unicode uninitialised unique unit unknown unless
unlock unmatched unparsable unprocessable unpublished unreachable unread unreadable unrecognised
unrecognized unresolved unsafe unset unsigned unspecified unsupported until unusable up update
updated updating upload uploaded upon upper uppercase upstream uri url urls urn us use used user
userid username usernames users uses using usual utc utf util utm uuid v valid validate validated
validation validator validity value valued values variable variations vary verification verified
verify version versions very via video view violated violates violation virus vis visibility visible
wait waiting want wanted wants warning was we web well went were what when where whether which while
whitelisted whitespace who whole whom whose why width window with withdrawn within without won word
words work workday worker workflow working works world would write writing written wrong x xml xss
yaml year years yes yet you your yyyy z zero zip zone
"""
_AMBIGUOUS = """
case close day don field grade grant granted long mark marked max may min page pay post price print
quick short small way will
"""
_WORDS = frozenset(_KNOWN.split())
_ONLY_IN_LOWER_CASE = frozenset(_AMBIGUOUS.split())
"""Words that are names of people too. They may also be parts of a field's name."""

_TOKEN = re.compile(r"<(?:e-mail|number|id)>|[^\W\d_]+")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HIDDEN_IN_A_ROW = re.compile(r"(?<!\*)\*{3}(?!\*)(?:[ ._',-]+\*{3}(?!\*))+")


def only_known_words(text: str) -> str:
    """``text`` with ``***`` for every word that is not in the vocabulary.

    A word in camel case is known if all of its parts are. Digits and signs stay, and so does
    what :func:`phenom_api.answers.redact_personal` has put in place of addresses and numbers.
    """
    shown = _TOKEN.sub(lambda found: found[0] if _is_known(found[0]) else HIDDEN, text)
    return _HIDDEN_IN_A_ROW.sub(HIDDEN, shown)


def _is_known(word: str) -> bool:
    if word[0] == "<" or word in _ONLY_IN_LOWER_CASE:
        return True
    parts = _PART.findall(word)
    if "".join(parts) != word:
        return False
    known = [part.lower() in _WORDS for part in parts]
    return any(known) and all(
        is_known or part.lower() in _ONLY_IN_LOWER_CASE
        for part, is_known in zip(parts, known, strict=True)
    )
