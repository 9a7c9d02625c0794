"""Which language a note is in."""

from __future__ import annotations

import pytest

from curatord.memory.language import detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Use a dedicated lock file; the daemon holds it for life.", "en"),
        ("Restart kubelet. Node OK.", "en"),
        ("SQLite WAL checkpoint", "en"),
        ("Le serveur est en panne et il ne répond pas aux requêtes.", "fr"),
        ("Der Dienst wird nicht gestartet, wenn die Datei fehlt.", "de"),
        ("El servicio no se inicia porque la clave está en otro archivo.", "es"),
        ("Il servizio non si avvia perché la chiave è nel file sbagliato.", "it"),
        ("O serviço não inicia porque a chave está em um arquivo que não existe.", "pt"),
        ("De dienst is niet gestart omdat het bestand niet door de server wordt gelezen.", "nl"),
        ("Bu hizmet için bir dosya gerekli ve her sunucu ile çok iyi çalışır.", "tr"),
        ("Dịch vụ này không được khởi động và các tệp của nó đã bị xóa.", "vi"),
        ("Сервер не отвечает на запросы.", "ru"),
        ("Сервер не відповідає на запити, і це її помилка.", "uk"),
        ("サーバーが応答しません。再起動が必要です。", "ja"),
        ("服务器没有响应，需要重新启动 Kubernetes。", "zh"),
        ("作者ナカ在二〇一九年写了这个服务器的第一个版本，现在由其他人维护和改进。", "zh"),
        ("서버가 응답하지 않습니다.", "ko"),
        ("सर्वर जवाब नहीं दे रहा है। Kubernetes को पुनः आरंभ करें।", "hi"),
        ("الخادم لا يستجيب للطلبات.", "ar"),
        ("سرور جواب نہیں دے رہا ہے۔", "ur"),
        ("سرور به درخواست‌ها پاسخ نمی‌دهد، چرا؟", "fa"),
        ("The word 服务器 means server, and nothing else is in Chinese here.", "en"),
        ("", "und"),
        ("12 + 30 = 42 → ✓", "und"),
    ],
)
def test_a_text_tells_its_language(text: str, code: str) -> None:
    """By its script, else by its function words; English where nothing else dominates."""
    assert detect(text, {}) == code


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"lang": "fr"}, "fr"),
        ({"language": "pt-BR"}, "pt"),
        ({"locale": "de_DE.UTF-8"}, "de"),
        ({"language": "German"}, "de"),
        ({"lang": "ZH-Hans"}, "zh"),
    ],
)
def test_the_frontmatter_decides(metadata: dict[str, object], code: str) -> None:
    """What the author says wins over what the text looks like."""
    assert detect("The text is in English.", metadata) == code


@pytest.mark.parametrize("value", ["python", "ts", "", 3, None, ["fr"], "x-klingon"])
def test_an_implausible_code_is_not_believed(value: object) -> None:
    """`language: python` means something else."""
    assert detect("The text is in English.", {"language": value}) == "en"
