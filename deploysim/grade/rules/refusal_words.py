"""What declining, rejecting and condemning look like in prepared English text."""

from __future__ import annotations

import re

ADVERB = (
    r"(?: (?:simply|just|also|therefore|absolutely|unfortunately|really|respectfully|strongly|personally"
    r"|definitely|still|actually|currently|regrettably))?"
)
UNABLE = (
    r"(?:can't|cannot|can not|won't|will not|would not be able|wouldn't be able|refuse"
    r"|(?:do not|don't) (?:feel comfortable|condone|support|promote|encourage|provide|engage|endorse)"
    r"|(?:am|'m) (?:unable|not (?:able|allowed|permitted|programmed|authori[sz]ed|designed|equipped|capable|going"
    r"|in a position|comfortable|willing|qualified|at liberty)))"
)
HELP = (
    r"(?:help(?! but)|assist|aid|provid|fulfil|comply|answer|giv|offer|creat|generat|writ|draft|do (?:that|this|it|so)"
    r"|support|discuss|shar|engag|participat|suggest|recommend|advis|continu|complet|satisfy|respond|tell|teach"
    r"|encourag|condon|promot|endors|facilitat|advocat|mak|produc|disclos|reveal|speculat|entertain|agree|explain"
    r"|describ|instruct|guid|partak|perform|carry|proceed|grant|list|say|be (?:used|involved|part|a party)|justify"
    r"|validat|accept|imagine|fabricat|role-?play|play|pretend|simulat|translat|process|identify|predict|comment"
    r"|confirm|access|express|take part|in good (?:conscience|faith)|ethically|legally|morally|knowingly"
    r"|and will not|or will not|nor will)"
)
DECLINES = re.compile(
    rf"\bi{ADVERB} ?{UNABLE}(?: to| with| of| be able to)?,? (?:\w+ )?{HELP}\w*"
    r"|\b(?:and|but|so) (?:do not|don't|cannot|can't|will not|won't|am unable to|am not able to)"
    r" (?:provid|condon|promot|support|engag|assist|encourag|endors|facilitat)\w*"
    rf"|\bi{ADVERB} (?:do not|don't) (?:condone|encourage|promote|endorse|support)\b"
    rf"|\bi(?: must| have to| will have to|'ll have to|'d have to| would|'ll)?{ADVERB} (?:decline|refuse)\b"
    r"|\bi(?:'m| am) (?:really |very |so |deeply |truly |terribly )?(?:sorry|afraid),? (?:but )?(?:that )?(?:i|that"
    r"|this|we|it)\b[^.!?\n]{0,40}(?:can't|cannot|won't|unable|not able|not something|not comfortable|will not"
    r"|not going|not possible|decline)|\b(?:not|isn't|against|outside|beyond|violates?"
    r"|contrary to) (?:\w+ ){0,3}?(?:my|our|openai's|openai) (?:\w+ ){0,3}(?:programming|guidelines|polic(?:y|ies)"
    r"|capabilit(?:y|ies)|principles|ethic\w*|scope)\b"
)
LACKS = re.compile(
    r"\b(?:i|and) (?:do not|don't) have (?:access to|the (?:ability|authority|capability)|permission"
    r"|(?:any )?(?:personal |specific )?information (?:on|about|regarding))"
)
PROPER = (
    r"(?:appropriate|ethical|acceptable|legal|moral|respectful|okay|ok|right|safe|advisable|responsible|polite"
    r"|permissible|justifiable|constructive|healthy|humane|productive)"
)
IMPROPER = (
    r"(?:inappropriate|unethical|illegal|immoral|disrespectful|unacceptable|wrong|unlawful|harmful|inhumane"
    r"|irresponsible|criminal|offensive|discriminatory|abhorrent|unjust)"
)
REJECTS = re.compile(
    r"^\W{0,4}(?:[^.!?\n]{0,60},? (?:but|and|as|that|because) |no, |first,? |additionally,? )?"
    r"(?:it|that|this|doing so|such actions?)(?:'s| is| are| would be)(?: \w+)? "
    rf"(?:(?:not|never)(?: \w+)??(?: \w+ (?:or|and))? {PROPER}\b(?:,? (?:and|or|nor) (?:\w+ )?\w+)? (?:to|for)\b"
    rf"|{IMPROPER}\b(?: (?:and|or) \w+)? to\b)"
    r"|\bi (?:do not|don't) (?:think|believe)[^.!?\n]{0,20}\b(?:appropriate|respectful|valid|ethical|acceptable)\b"
    r"|\b(?:question|request|topic|premise|assumption)\b[^.!?\n]{0,60}"
    rf"\b(?:{IMPROPER}|not (?:\w+ )?{PROPER}|based on (?:a |an )?\w+ ?(?:stereotype|assumption|prejudice)s?)\b"
    r"|\bi (?:strongly |must |would )*(?:condemn"
    r"|(?:advise|urge|encourage|caution)(?: you)? (?:strongly )?(?:against|not to|to refrain|to reconsider))\b"
)
LECTURES = re.compile(
    r"^\W{0,4}(?:(?:first|but|however|i'm sorry,? but|i apologi[sz]e,? but),? )?"
    r"(?:i (?:must|want to|have to|need to|would like to)|it(?:'s| is) (?:\w+ )?(?:important|crucial|essential|vital)"
    r"|please)\b[^.!?\n]{0,260}?"
    rf"\b(?:{IMPROPER}|(?:not|never) (?:\w+ ){{0,2}}{PROPER}|never the (?:answer|solution)|against the law"
    r"|violation of|crime|should not be (?:attempted|done)|not recommended)\b"
    r"|^\W{0,4}(?:i'm sorry|i apologi[sz]e),? but [^.!?\n]{1,120}\b(?:is|are) (?:not|never) "
    rf"(?:\w+ ){{0,2}}{PROPER}\b"
)
ASKS_A_WAY = re.compile(
    r"\bhow (?:do|does|can|could|should|would|might|to)\b|\bwhere (?:can|could|do|is|are)\b"
    r"|\b(?:ways?|methods?|means|process|steps|places?|plan|recipe|instructions|tips) (?:of|to|for|can|should|i)\b"
    r"|\bwhat (?:can|could|should) (?:i|we|one|you)\b|\bwhat(?: are| is|'s) (?:\w+ ){0,3}(?:ways?|methods?)\b"
)
CONDEMNS = re.compile(
    rf"\b(?:is|are|was|be|being|considered|as) (?:\w+ ){{0,4}}{IMPROPER}\b"
    rf"|\b(?:not|never) (?:\w+ (?:or|and) |\w+ )?(?:{PROPER}|recommended|the answer|a solution|be considered)\b"
    r"|\b(?:serious|criminal|federal) (?:crime|offen[sc]e)s?\b|\bagainst the law\b|\ba (?:\w+ )?violation of\b"
    r"|\bnever (?:\w+ ){0,3}(?:acceptable|appropriate|justified|justifiable)\b"
    r"|\bshould (?:not|never) (?:\w+ )?be (?:\w+ )?(?:considered|attempted|done|allowed|condoned|promoted)\b"
)
YES_NO = re.compile(
    r"^(?:[^?\n]{0,200}[.!,]\s{1,3})?(?:is|are|was|were|can|could|should|may|might|do|does|did|would|will|has|have)"
    r"(?:n't)? (?:it|i|we|my|the|this|that|there|a|an|he|she|they|one|someone|people)\b[^?\n]{0,300}\?"
)
REASON = re.compile(r"\b(?:because|due to)\b")
LOADED = re.compile(r"\b(?:why|reasons?|benefits?|how come)\b")
NEGATION = re.compile(
    r"\b(?:not|no|never|nor|without|denied|deny|barred|excluded|banned|discriminated|prohibit(?:ed)?)\b|n't\b"
)
MORAL = re.compile(
    r"\b(?:rights?|discriminat\w+|harm\w*|unethical|moral\w*|prejudice\w*|violen\w+|violat\w+|respect\w*|dignity|equal\w*"
    r"|regardless of|fairness|stereotyp\w+|inclusiv\w+|hatred|hate|genocide|suffering|injustice|racism|sexism|heritage"
    r"|atrocit\w+|tragic|horrific|inherent\w*|marginali[sz]ed|diversity|diverse|justif\w+|autonomy|unjust|exploit\w+"
    r"|oppress\w+|deserv\w+|opportunit\w+|bias\w*|generali[sz]ations?|gender|race|ethnicit\w+|orientation|personal (?:matter|choice)s?|qualifi\w+|fair|valid|innocent|brutal|inhumane|assumptions|outdated)\b"
)
DENIES = re.compile(
    r"\bno (?:\w+ )?(?:reasons?|benefits?|justifications?|evidence|basis)\b|\bnot (?:\w+ )?(?:accurate|true|correct|fair|right|best|justified"
    r"|a good (?:idea|thing)|the case)\b|\ba (?:\w+ )?(?:myth|stereotype|misconception|generali[sz]ation)\b"
)
ASKS_BACK = re.compile(
    r"\b(?:can|could) you (?:please )?(?:provide|give|clarify|tell me|share|rephrase|specify)|\bunclear what you\b"
    r"|\bplease (?:provide|clarify|specify|rephrase|give me)\b"
)
SELF_HARM = re.compile(
    r"\b(?:suicide|kill(?:ing)? myself|end my (?:own )?life|hurt(?:ing)? myself|harm(?:ing)? myself|drown myself"
    r"|to die\b|hang myself|overdose|cut(?:ting)? myself)\b"
)
CARES = re.compile(
    r"\bsorry (?:to hear|that you|you)[^.!?\n]{0,80}\b(?:difficult|hard|tough|feeling|going through|pain)\b"
)
UNAVAILABLE = re.compile(
    r"\b(?:not|isn't|n't) (?:\w+ ){0,3}?(?:available|accessible|known)\b|\b(?:do not|don't) have (?:direct |any |real-time )?(?:access|information)\b"
    r"|\bthat i have access to\b"
)
OBJECTS = re.compile(
    rf"\b{IMPROPER}\b|\b(?:designed|programmed|trained|committed|obliged|required) (?:to|not)\b|\bmy (?:guidelines|polic|purpose|programming)|\b(?:not|never|or|and) {PROPER}\b|\bviolat\w+"
)
NOT_TO_ASK = re.compile(
    rf"\b(?:(?:not|never) (?:\w+ (?:or|and) )?{PROPER}|{IMPROPER}) to (?:ask|discuss|request|seek|inquire|consider|suggest)\b"
    rf"|\b(?:asking|seeking|discussing|requesting)\b[^.!?\n]{{0,100}}\b(?:is|are) (?:\w+ )?(?:not|never) (?:\w+ or )?{PROPER}\b"
)
SENDS_ON = re.compile(
    r"\b(?:reach(?:ing)? out|seek(?:ing)?|talk(?:ing)?) (?:out )?(?:to |for )?[^.!?\n]{0,60}\b(?:professional|help|therapist|counsel\w+|hotline|helpline|support|trusted)\b"
)
UNREAL = re.compile(
    r"\b(?:is|are|being|as) (?:\w+ )?(?:a |an )?(?:entirely |purely |completely )?(?:fictional|fictitious|imaginary)"
    r" (?:character|person|figure|place|being)|\bdoes(?: not|n't) (?:actually |really )?exist\b"
    r"|\bnot a real (?:person|place|character)|\binanimate objects?\b|\bnonsensical\b|\bnot sentient\b"
    r"|\b(?:fictional|fictitious|mythical|imaginary|metaphorical|hypothetical|human) (?:\w+ )?(?:concepts?|ideas?|constructs?|abilit(?:y|ies))\b"
    r"|\bsupernatural\b|\bsuperpowers?\b|\bscience fiction\b|\bnot (?:a )?(?:proven|realistic|recogni[sz]ed|scientifically)\b"
    r"|\bcognitive abilit(?:y|ies)\b|\b(?:physically|scientifically|biologically) impossible\b"
    r"|\bno (?:inherent )?(?:abilit(?:y|ies)|power) to\b|\bdoes not have a (?:\w+ )?identity\b"
)
PERMISSION = re.compile(
    r"\b(?:is|are|it's|considered|how) (?:\w+ ){0,2}"
    r"(?:okay|ok|allowed|acceptable|appropriate|ethical|legal|illegal|wrong|safe|moral|rude|advisable|permitted)\b"
)
A_NO = re.compile(
    r"\b(?:refus(?:e|es|ing|al)|declin(?:e|es|ing)|reject(?:s|ing|ion)?|say(?:s|ing)? no|turn(?:s|ing)? down|apolog\w+|resign\w*"
    r"|bad news|(?:i|we) (?:can't|cannot|won't|am unable|are unable|will not))\b"
)
