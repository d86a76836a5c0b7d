"""Finds the kind of employment that a text names; other words and their order do not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

_WORDS = {
    "INTERNSHIP": """
        en: intern, interns, *internship*, studentintern*, co op, co ops
        de: *praktikum, *praktikums*, *praktika, *praktikant*
        fr: stage, stages, stagiaire*
        es: prácticas, practicante*, pasantía*, pasante*, becari*
        it: tirocin*, stagista, stagisti
        pt: estágio*, estagiári*
        nl: stagiair*, afstudeerstage, meewerkstage, stageplaats
        pl: staż, staże, stażyst*, praktyka, praktyki, praktykant*
        sv da nb: praktik, praktikplats, praktikplass, praktikplads
        fi: harjoittel*
        cs sk: stáž, stáže, stážist*
        ro: stagiu, stagiar*
        hu: gyakornok*
        tr: staj, stajyer*
        el: πρακτική άσκηση, πρακτικής άσκησης
        ru uk: стажиров*, стажёр*, стажуван*
        ja zh: インターン, 実習, 实习, 實習
    """,
    "SEASONAL": """
        en: season, seasons, seasonal*
        de fr: saison*
        es pt: estacional*, temporada, sazona*
        it: stagional*
        nl: seizoen*
        pl: sezon, sezonow*
        sv da nb: säsong*, sæson*, sesong*
        fi: kausi*
        cs sk: sezónn*
        ro: sezonier*
        hu: szezon*, idénymunk*
        tr: mevsimlik, sezonluk
        el: εποχιακ*, εποχικ*
        ru uk: сезонн*
        ja zh: 季節, 季节
    """,
    "CONTRACT": """
        en: contract, contracts, contracted, contractual*, *contractor*, contracttohire
        en: contractwork*, contractemployee*, contingent*, freelance*, fixed term*
        de: befristet*, freiberuf*, freie mitarbeit*, freier mitarbeiter, werkvertrag
        fr: durée déterminée, cdd, contractuel*
        es: duración determinada, tiempo determinado, plazo fijo, contrato temporal, contratista*
        it: tempo determinato, contratto a termine, contratto a progetto
        pt: prazo determinado, tempo determinado, termo certo
        nl: bepaalde tijd, bepaalde duur, zzp*
        pl: czas określony, umowa zlecenie, umowa o dzieło, kontrakt*, b2b
        sv da nb: visstid*, tidsbegräns*, tidsbegræns*, tidsbegrens*
        fi: määräaika*
        cs sk: doba určitá, dobu určitou, dobu určitú
        ro: perioadă determinată, durată determinată
        hu: határozott idejű, határozott idő*
        tr: sözleşmeli, belirli süreli
        el: ορισμένου χρόνου
        ru uk: контракт*, срочный договор, срочный трудовой договор, строковий договір
        ja: 契約社員, 契約職員, 有期雇用, 業務委託, 嘱託, フリーランス
        zh: 合同工, 合同制, 合约, 合約, 约聘, 約聘, 自由职业, 自由職業
    """,
    "PART_TIME": """
        en: *part time*, part full time, part or full time, part and full time, pt, p t, half time
        de: *teilzeit*, teil oder vollzeit, teil und vollzeit, teil vollzeit, halbtag*
        fr: temps partiel, plein ou partiel, plein partiel, complet ou partiel, mi temps
        es: tiempo parcial, media jornada, jornada parcial, medio tiempo, completo o parcial
        es: completo parcial, completa o parcial
        it: tempo parziale, pieno o parziale, pieno parziale
        pt: tempo parcial, integral ou parcial, meio período, meio expediente
        nl: deeltijd*
        pl: część etatu, części etatu, pół etatu, niepełny etat, niepełny wymiar, niepełnym wymiarze
        sv da nb: deltid*
        fi: osa aika*
        cs sk: částečný úvazek, zkrácený úvazek, poloviční úvazek, čiastočný úväzok, skrátený úväzok
        ro: jumătate de normă, normă parțială, timp parțial
        hu: részmunkaidő*
        tr: yarı zamanlı, kısmi zamanlı, kısmi süreli
        el: μερική απασχόληση, μερικής απασχόλησης
        ru: частичная занятость, неполная занятость, неполный день, неполный рабочий день
        uk: часткова зайнятість, неповна зайнятість, неповний день, неповний робочий день
        ja zh: パート(?!ナー), アルバイト, 非常勤, 短時間, 兼职, 兼職, 非全职, 非全職, 非全日制
    """,
    "FULL_TIME": """
        en: *full time*, ft, f t, fte
        de: *vollzeit*, ganztag*
        fr: temps plein, plein temps, temps complet
        es: tiempo completo, jornada completa
        it: tempo pieno
        pt: tempo integral, período integral, tempo inteiro
        nl: voltijd*
        pl: pełny etat, pełen etat, cały etat, pełny wymiar, pełnym wymiarze
        sv da nb: heltid*, fuldtid*, fulltid*
        fi: kokoaika*, kokopäivä*
        cs sk: plný úvazek, plný úväzok
        ro: normă întreagă
        hu: teljes munkaid*, teljes állás*
        tr: tam zamanlı
        el: πλήρης απασχόληση, πλήρους απασχόλησης
        ru: полная занятость, полный день, полный рабочий день, полная ставка
        uk: повна зайнятість, повний день, повний робочий день
        ja zh: フルタイム, 正社員, 常勤, 全职, 全職, 全日制
    """,
}
"""The kinds by priority, and the words for them; ``*`` stands for any letters.

Temporary, permanent and regular are missing on purpose: they can be of any kind.
"""

_ALONE = {
    "full": "FULL_TIME",
    "part": "PART_TIME",
    **dict.fromkeys(("contrat", "contrato", "contratto", "契約", "契约", "合同"), "CONTRACT"),
}
"""Words that name a kind only when they are the whole text."""

_NOT_MEANT = (
    "(?:permanent|unlimited|indefinite|open ended|employment|vast) contracts?",
    "contract (?:voor )?onbepaalde (?:tijd|duur)",
    "(?:zero|0) hours? contracts?",
    "contracted hours",
    "full time equivalents?",
    r"\d fte",
)
"""Phrases that contain a kind's words but do not mean it: permanent contracts, shares of an FTE."""

_LONGEST = 1000
"""Only so many characters of a text are read."""

_NOT_BEFORE = "".join(
    rf"(?<!\b{word} )"
    for word in ("not", "non", "no", "nicht", "kein", "keine", "pas", "niet", "inte", "ikke")
)
_LETTERS = str.maketrans("łøđıæœ", "lodiao")
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff"
_RUN = re.compile(f"([{_UNSPACED}]+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ACCENTS = re.compile("[\u0300-\u036f]")


def _plain(text: str) -> str:
    """Lower-case words without accents, one space apart."""
    parted = normalize("NFKD", _HUMP.sub(" ", normalize("NFKC", text)).casefold())
    letters = normalize("NFC", _ACCENTS.sub("", parted)).translate(_LETTERS)
    return " ".join(re.sub(r"[\W_]+", " ", _RUN.sub(r" \1 ", letters)).split())


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    found = {}
    for kind, block in _WORDS.items():
        phrases = [
            phrase.strip()
            for line in block.strip().splitlines()
            for phrase in line.partition(":")[2].split(",")
        ]
        unspaced = [phrase for phrase in phrases if _RUN.match(phrase)]
        spaced = [
            r"[^\W\d_]*".join(map(_plain, phrase.split("*"))).replace(" ", " ?")
            for phrase in phrases
            if phrase not in unspaced
        ]
        words = rf"{_NOT_BEFORE}\b(?:{'|'.join(spaced)})\b"
        found[kind] = re.compile(rf"{words}|(?<![非不])(?:{'|'.join(unspaced)})")
    return found


_NONE_MEANT = re.compile(rf"\b(?:{'|'.join(_NOT_MEANT)})\b")


def kind_of_employment(texts: Iterable[str]) -> str | None:
    """The kind with the highest priority that any of the texts names; None if none does."""
    named = {_named(text[:_LONGEST]) for text in texts}
    return next((kind for kind in _WORDS if kind in named), None)


@lru_cache(maxsize=4096)
def _named(text: str) -> str | None:
    words = _plain(text)
    if words in _ALONE:
        return _ALONE[words]
    meant = _NONE_MEANT.sub(" ", words)
    return next((kind for kind, pattern in _patterns().items() if pattern.search(meant)), None)
