"""The words that make one ask what a post touches, English and Spanish. Data: patterns over folded text, no behaviour.

Folded = lower case without accents, plain dashes and apostrophes (see `touches`). A word of `HARMLESS` is taken out
first, so that “minor injuries” asks nothing. Repetition is bounded everywhere: a long text costs its length, not more.
"""

from __future__ import annotations

import re

from posts.kinds import Flag

_NUMBER = (
    r"(?:1[0-7]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen)"
)
_NUMERO = (
    r"(?:1[0-7]|[1-9]|un|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieciseis|"
    r"diecisiete)"
)
_THING = (
    r"(?:program|tradition|building|vehicle|car|truck|law|case|dogs?|canine|k-?9s?|horse|station|house|home|bridge|tree|"
    r"event|partnership|initiative|murder|investigation|company|organization|mystery|german|belgian|labrador|puppy|"
    r"bloodhound|shepherd|malinois|computer|system|record|warrant|policy|contract|agreement|school|playground)s?"
)
CHILD = (
    r"(?:child|children|kids?|boys?|girls?|teens?|teenagers?|teenaged?|youths?|schoolchildren|students?|toddlers?|"
    r"infants?|bab(?:y|ies)|newborns?|pupils?|nin[oa]s?|bebes?|adolescentes?|estudiantes?|alumn[oa]s?|muchach[oa]s?|"
    rf"{_NUMBER}-year-olds)"
)
_CASE = (
    r"(?:missing|found safe|abduct\w*|kidnap\w*|endangered|runaway|ran away|injured|injuries|hurt|wounded|struck|"
    r"hit by|shot|shooting|stabb\w*|killed|died|dead|drown\w*|abused?|abusing|neglected|assault\w*|molest\w*|victims?|"
    r"suspects?|arrest(?:ed|s)?|detained|charged|in custody|into custody|robbed|robbery|threat\w*|attack\w*|weapons?|"
    r"burglar\w*|stole|stolen|hospitali[sz]ed|taken to|lured|enticed|exploit\w*|traffick\w*|desaparecid\w*|"
    r"extraviad\w*|herid[oa]s?|secuestr\w*|raptad\w*|abusad\w*|abuso|maltrat\w*|victimas?|arrestad\w*|detenid[oa]s?|atropellad\w*|"
    r"balead\w*|apunalad\w*|muert[oa]s?|fallec\w*|murio|agredid\w*|golpead\w*|ahogad\w*)"
)
_NEAR = r"(?:[^\w.!?;\n]+\w+){0,8}?[^\w.!?;\n]+"  # within a sentence
_TAKEN = r"(?:abduct\w*|kidnap\w*|secuestr\w*|raptad\w*)"
_OFFICER = r"(?:officers?|deput(?:y|ies)|police|sergeants?|detectives?|troopers?)"
_OFICIAL = r"(?:oficial(?:es)?|agentes?|policias?)"
_PERSONA = (
    r"(?:nin[oa]s?|menor|joven|jovenes|adolescentes?|muchach[oa]s?|estudiantes?|alumn[oa]s?|hij[oa]|victima|varon|bebe|"
    r"sospechos[oa])"
)

_AGES = (
    rf"{_NUMBER}[- ](?:year|yr)s?[- ]old(?![- ](?:\w+ )?{_THING}\b)",
    rf"{_NUMBER}[- ](?:month|week|day)s?[- ]old (?:\w+ )?(?:{CHILD}|son|daughter|victim|brother|sister)",
    rf"{_NUMBER} years of age",
    rf"aged? {_NUMBER}\b(?! ?(?:and|to|or|through|-|\+|&|%))",
    rf"{_NUMBER} ?(?:y/o|yo|yoa)",
    rf"{_NUMERO} (?:anos|meses) de edad",
    rf"{_PERSONA}(?: \w+)?,? de {_NUMERO} (?:anos|meses)",
)
_MINOR = (
    r"minors?",
    r"juveniles?",
    r"menor(?:es)? de edad",
    r"(?:un|una|la|el|los|las|dos|tres|varios) menor(?:es)?(?! (?:de (?!edad)|dano|gravedad|medida|riesgo|cantidad|"
    r"numero|importancia|tiempo|duda|costo|precio|grado|velocidad|idea|heridas?|lesion))",
)
_SEXUAL = (
    r"sexual(?:ly)?[- ](?:assault|abuse|batter|offen|exploit|misconduct|contact|conduct|predator|violen)\w*",
    r"rap(?:e|ed|es|ist|ists)",
    r"molest(?:ed|ing|ation|er)?",
    r"sodomy",
    r"(?:child|kiddie) porn\w*",
    r"csam",
    r"indecen(?:t exposure|cy with)",
    r"exposed (?:himself|herself|themselves)",
    r"incest",
    r"sex[- ](?:offen\w+|crimes?|traffick\w+|assault)",
    r"grop(?:ed|ing)",
    r"sextortion",
    r"(?:agresion|abuso|asalto|delito|ataque|acoso|explotacion|violencia)(?:e?s)? sexual(?:es)?",
    r"sexualmente",
    r"violacion sexual",
    r"violador(?:es)?",
    r"violad[oa]s?",
    r"pornografia infantil",
    r"exhibicionis\w+",
)
_FORCE = (
    r"(?:officer|deputy|police)[- ]involved",
    r"police shooting",
    rf"shot by (?:\w+ ){{0,2}}{_OFFICER}",
    rf"{_OFFICER} (?:then |fatally |\w+ly )?(?:shot|opened fire|tased)",
    r"officers? (?:was|were) shot",
    rf"{_OFFICER}(?: (?!shots?\b)\w+){{0,3}} (?:returned fire|opened fire)",
    rf"{_OFFICER}(?: (?!shots?\b)\w+){{0,3}} fired (?:his|her|their|a|at|back|one|two|three|several|shots|\d+)",
    rf"{_OFFICER}(?: \w+){{0,3}} discharged (?:his|her|their|a|the) (?:\w+ )?(?:weapon|gun|firearm|pistol|rifle)",
    r"(?:deployed|used|fired) (?:a |an |the |his |her |their )?(?:taser|stun gun|pepper spray|tear gas|less[- ]lethal)",
    r"tased",
    r"used? (?:of )?(?:deadly |lethal |physical |reasonable |excessive )?force",
    r"(?:deadly|lethal|excessive) force",
    r"in[- ]custody death",
    r"(?:died|dies|death)(?: \w+){0,3} in (?:police |our |county )?custody",
    r"chokehold",
    r"neck restraint",
    r"bitten by (?:a |the |our )?(?:police )?(?:k-?9|police dog)",
    r"placed on (?:paid )?(?:administrative|routine) leave",
    r"uso de (?:la )?fuerza",
    rf"{_OFICIAL}(?: (?!un\b|el\b|de\b)\w+){{0,3}} (?:disparo(?! en)|dispararon|abrio fuego|abrieron fuego)",
    rf"tiroteo(?: \w+){{0,4}} {_OFICIAL}",
    rf"(?:balead|herid|muert|abatid)[oa] por (?:la |un |una |el )?{_OFICIAL}",
    r"(?:murio|fallecio|muerte)(?: \w+){0,3} bajo custodia",
)
_DEATH = (
    r"died",
    r"dies",
    r"dead",
    r"deaths?",
    r"deceased",
    r"killed",
    r"killings?",
    r"fatal(?:ly|ity|ities)?",
    r"homicides?",
    r"murder(?:s|ed|er|ing)?",
    r"manslaughter",
    r"suicides?",
    r"drown(?:ed|ings?)",
    r"slain",
    r"passed away",
    r"lost (?:his|her|their) (?:life|lives)",
    r"(?:human|skeletal) remains",
    r"bod(?:y|ies) (?:of (?:a|an|the|two|three)|was|were|found|recovered|discovered|located)",
    r"(?:found|recovered|discovered) (?:a|the|two|his|her|their) bod(?:y|ies)",
    r"end of watch",
    r"medical examiner",
    r"did not survive",
    r"succumbed",
    r"murio",
    r"murieron",
    r"muere[n]?",
    r"muertes?",
    r"muert[oa]s?",
    r"fallec(?:io|ieron|id[oa]s?|imiento)",
    r"homicidios?",
    r"asesin(?:ato|atos|ad[oa]s?|o|aron)",
    r"cadaver(?:es)?",
    r"suicid(?:io|ios|o)",
    r"fatales",
    r"restos humanos",
    r"perdi(?:o|eron) la vida",
    r"sin vida",
    r"ahogad[oa]s?",
)


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(parts)})(?!\w)")


_CHILD_IN_A_CASE = (
    rf"{CHILD}(?={_NEAR}{_CASE}\b)",
    rf"{_CASE}{_NEAR}{CHILD}",
    rf"lost (?:\w+ )?{CHILD}",
    r"child (?:abuse|neglect|endangerment|exploitation|pornography|porn|abduction|enticement|predators?)",
    r"(?:injury to|indecency with|crimes against) (?:a )?child(?:ren)?",
    r"child protective services",
    r"underage (?:girls?|boys?|females?|males?|victims?|persons?|passengers?)",
    r"abuso infantil",
    r"maltrato infantil",
)

WORDS: dict[Flag, re.Pattern[str]] = {
    Flag.JUVENILE: _any(*_MINOR, *_AGES, *_CHILD_IN_A_CASE),
    Flag.SEXUAL_OFFENCE: _any(*_SEXUAL),
    Flag.OFFICER_INVOLVED: _any(*_FORCE),
    Flag.DEATH: _any(*_DEATH),
    Flag.AMBER: _any(
        r"amber ?-?alerts?",
        r"alertas? amb[ae]r",
        rf"{_TAKEN}{_NEAR}(?:{CHILD}|{'|'.join(_AGES[:2])})",
        rf"(?:{CHILD}|{'|'.join(_AGES[:2])}){_NEAR}{_TAKEN}",
    ),
}
PICTURED = _any(CHILD, *_MINOR, *_AGES)

_MINOR_WHAT = (
    r"(?:injury|injuries|accidents?|crash|crashes|collisions?|damages?|wrecks?|wounds?|offen[sc]es?|issues?|delays?|"
    r"repairs?|changes?|incidents?|burns?|cuts?|scrapes?|bruises?|bruising|scratches|lacerations?|fires?|flooding|"
    r"fender[- ]benders?|adjustments?|updates?|maintenance|outages?|mistakes?|errors?|leagues?|leaguers?|disturbances?|"
    r"violations?|details?|roles?|surgery|traffic|inconveniences?|problems?|infractions?|work|smoke|leaks?)"
)
_MINOR_HOW = (
    r"(?:vehicle|motor|car|traffic|property|facial|street|road|roadway|rear-end|single-vehicle|two-vehicle|multi-vehicle|"
    r"three-vehicle|two-car|non-life-threatening|head|leg|hand|bodily|physical|cosmetic|smoke|water|kitchen|grass|"
    r"parking|lot|construction|technical|arm|moving|traffic-related|electrical|structural|schedule)"
)
_TALK = r"(?:prevention|awareness|hotline|lifeline|helpline|education|survivors'? (?:support|month))"

HARMLESS = _any(
    rf"minor(?: {_MINOR_HOW}){{0,2}} {_MINOR_WHAT}",
    rf"minor(?: |-)(?:to|or|and)(?: |-)\w+(?: {_MINOR_HOW})? {_MINOR_WHAT}",
    r"(?:were|was|is|are|appear|appears|appeared|considered|deemed|described as|only|very|relatively|mostly|all) minor"
    r"(?! (?:child|male|female|victim|boy|girl))",
    r"(?:ursa|asia) minor",
    r"minor in nature",
    r"boys (?:and|&) girls clubs?",
    r"(?:boy|girl|cub) scouts?(?: of america)?",
    r"(?:boys|girls)'? (?:basketball|soccer|football|volleyball|baseball|softball|track|team)\w*",
    r"child(?:ren's)?(?: car| safety| booster)? seats?",
    r"(?:child|day) ?care",
    r"children's (?:hospital|museum|advocacy center|home)",
    r"baby (?:shower|deer|ducks?|goats?|raccoons?|opossums?|animals?|bird|owl|formula|food)",
    rf"(?:child|sexual|sex|teen|elder)(?: \w+)? {_TALK}",
    r"(?:prevent|preventing|stop) (?:child|sexual|teen) \w+",
    rf"(?:suicide|homicide|drowning|rape|murder|overdose death)s? (?:and |& )?(?:crisis )?{_TALK}",
    r"(?:prevent|preventing) (?:drownings?|suicides?|deaths?|fatalities)",
    r"prevencion del? (?:suicidio|abuso|ahogamiento)s?(?: sexual| infantil)?",
    r"use[- ]of[- ]force (?:policy|policies|training|reports?|data|dashboard|statistics|simulators?|options)",
    r"dead(?:[- ]| )(?:ends?|bolts?|batter(?:y|ies)|zones?|trees?|limbs?|lifts?|lifting|spots?|heat|animals?|deer|"
    r"birds?|fish|wood|last|center|calm|weight|sea)",
    r"(?:day of the|walking|grateful) dead",
    r"drop dead",
    r"death (?:valley|metal|star|row|penalty)",
    r"scared to death",
    r"murder[- ]mystery(?: dinner| night| game)?",
    r"killed (?:the )?(?:lights?|engine|power|time|motor)",
    r"(?:battery|batteries|phone|engine|radio|motor|car|truck|van) (?:has |had |have )?died",
    r"(?:no|zero|0) (?:traffic |reported )?(?:deaths?|fatalities|homicides?|murders?|drownings?)",
    r"(?:nobody|no one|no-one) (?:was |is |has been )?(?:killed|died|dead|seriously hurt)",
    r"(?:bod(?:y|ies) of (?:water|work|evidence|law|knowledge)|student body|governing body)",
    r"dia de (?:los )?muertos",
    r"(?:puntos?|angulos?) muertos?",
    r"naturaleza muerta",
    r"(?:sin|no hubo|ningun) (?:muert[oe]s?|fallecid[oa]s?|victimas fatales)",
)
