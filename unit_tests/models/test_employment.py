from __future__ import annotations

import pytest

from source_phenom.models.employment import kind_of_employment

NAMED = {
    "FULL_TIME": """
        Full Time - Exempt; Temporary Full-Time; Regular Full-Time; FULLTIMEREGULAR; FTE; F/T; FT
        Full; Full-time, not part time; Full-Time Permanent Contract; Ｆｕｌｌ－ｔｉｍｅ
        Vollzeit; Vollzeit (unbefristet); Vollzeitstelle
        Temps plein; CDI - Temps complet; Tiempo completo; JORNADA COMPLETA; Tempo pieno
        Período integral; Voltijds; Pełny etat; PELNY ETAT; Heltid; Fuldtid; Kokoaikainen
        Plný úvazek; Normă întreagă; Teljes munkaidő; TAM ZAMANLI; Πλήρης απασχόληση
        Полная занятость; Повна зайнятість; 正社員; ﾌﾙﾀｲﾑ; Full Time正社員; 全职; 全職; 全日制
    """,
    "PART_TIME": """
        Part Time; part_time; PartTime - Regular; P/T; PT; Part; Part- or Full-Time
        Full Time/Part Time; Part Time (0.6 FTE); Half-time
        Teilzeit; Voll-/Teilzeit; Teil- oder Vollzeit; Temps partiel; Mi-temps; Medio tiempo
        Media jornada; Tempo parziale; Meio período; Deeltijd; Niepełny etat; Pół etatu; Deltid
        Osa-aikainen; Částečný úvazek; Részmunkaidős; Yarı zamanlı; Μερική απασχόληση
        Temps plein ou partiel; Jornada completa o parcial; Tempo pieno/parziale
        Неполная занятость; Часткова зайнятість; パート; ﾊﾟｰﾄ・ｱﾙﾊﾞｲﾄ; 非常勤; 兼职; 兼職
        Tempo integral ou parcial; 非全职; 非全日制
    """,
    "CONTRACT": """
        Contract; Contractor - Full Time; Full time (Fixed Term); Fixed-term contract
        CONTRACT_TO_HIRE; Independent Contractor; Subcontractor; Contingent Worker; Freelancer
        Vollzeit, befristet; CDD; Contrat à durée déterminée; Tempo determinato; Plazo fijo
        Bepaalde duur; Contrato; Czas określony; Visstidsanställning; Määräaikainen; Контракт
        契約社員; 業務委託; 合同工; 约聘
    """,
    "SEASONAL": """
        Seasonal; Seasonal Part-Time; PART TIME SEASONAL; Seasonal contractor
        Saisonarbeit; Saisonnier; Stagionale; Trabajo de temporada; Seizoenswerk; Sezonowa
        Säsongsarbete; Kausityö; Сезонная работа; 季節労働; 季节工
    """,
    "INTERNSHIP": """
        Intern (Fixed Term) (Trainee); Summer Intern; Seasonal Internship; Co-Op/Intern; Co-op
        Praktikum; Pflichtpraktikant (m/w/d); Stage; Stagiaire; Prácticas; Becario; Tirocinio
        Estágio; Staż; Praktik; Harjoittelija; Stáž; Gyakornok; STAJYER; Πρακτική άσκηση; Стажёр
        Praktyka; Praktikplads; Praktikplass; インターンシップ; 实习生; 實習
    """,
    None: """
        International; Internal; Interne Stelle; Partner; パートナー; インターナショナル; Full Stack
        Part of the team; not part time; Non-seasonal; Permanent Contract; Zero hours contract
        Contrat à durée indéterminée; Tempo indeterminato; Contract voor onbepaalde tijd
        Contract onbepaalde duur; unbefristet; 0.5 FTE; Carefully; Cooperative; Temporary; Regular
        Permanent; Apprenticeship; Trainee; Working student; Per Diem
    """,
}
TEXTS = [
    (text.strip(), kind)
    for kind, block in NAMED.items()
    for line in block.strip().splitlines()
    for text in line.split(";")
]


@pytest.mark.parametrize(("text", "kind"), TEXTS)
def test_kinds_of_employment(text: str, kind: str | None) -> None:
    assert kind_of_employment([text]) == kind


def test_the_kind_with_the_highest_priority_counts() -> None:
    assert kind_of_employment(["Full time", "per diem", "Contract"]) == "CONTRACT"
    assert kind_of_employment([]) is None
